-- blocks-as-sent: requests of a trace of cache blocks, as the service's own prompt cache would see them
--
-- question: What would be known of the requests of a trace whose prompts are lists of cache blocks of 512 tokens?
-- assumes: only Mooncake's traces are such; other logs' blocks are turns and system prompts, not a cache's.
-- assumes: the service caches by the block, whatever model the trace was taken to have gone to: every block counts 512
--   tokens, and the rules are those of the models whose least prompt is one such block (Claude Opus 5).

select
    * exclude (blocks)
    replace (
        'anthropic' as provider,
        'claude-opus-5' as model,
        512 * blocks as input_tokens,
        list_transform(prefix, lambda block, place: {'hash': block.hash, 'tokens': 512 * place}) as prefix
    )
from (select *, len(prefix) as blocks from requests where source_format = 'mooncake' and len(prefix) > 0)
