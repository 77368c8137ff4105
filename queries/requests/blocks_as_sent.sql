-- blocks-as-sent: requests of a trace of cache blocks, as the service's prompt cache sees them
--
-- question: What would be known of requests whose prompts are lists of cache blocks of 512 tokens?
-- assumes: only Mooncake's traces have such blocks; blocks in other logs are turns and system prompts.
-- assumes: the service caches by block, whatever model the trace is assigned to: every block counts 512 tokens, under
--   the rules of models whose minimum is one such block (Claude Opus 5).

select
    * exclude (blocks)
    replace (
        'anthropic' as provider,
        'claude-opus-5' as model,
        512 * blocks as input_tokens,
        list_transform(prefix, lambda block, place: {'hash': block.hash, 'tokens': 512 * place}) as prefix
    )
from (select *, len(prefix) as blocks from requests where source_format = 'mooncake' and len(prefix) > 0)
