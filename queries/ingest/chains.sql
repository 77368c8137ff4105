-- A prompt's blocks as cumulative (hash, tokens), as a prompt cache sees them. Needs the function long_chain of
-- llmcost/ingest/chains.py.

-- Each hash is over the hashes of all blocks up to it; tokens are the billed prompt shared out by length in characters.
-- Here every block is computed from those before it, which is fastest for few; for many, long_chain takes one pass.
create or replace temp macro short_chain(chain, prompt_tokens) as
    list_transform(
        range(1, len(chain.hashes) + 1),
        lambda upto: {
            'hash': short_hash(array_to_string(chain.hashes[1:upto], '')),
            'tokens': round(
                prompt_tokens * list_sum(chain.chars[1:upto]) / greatest(list_sum(chain.chars), 1)
            )::bigint
        });

-- The list of one keeps hashes and lengths from being computed again for every block.
create or replace temp macro prefix_of(blocks, prompt_tokens) as
    case
        when len(blocks) between 1 and 48 then list_transform(
            [{
                'hashes': list_transform(blocks, lambda block: short_hash(block)),
                'chars': list_transform(blocks, lambda block: length(block))
            }],
            lambda chain: short_chain(chain, prompt_tokens)
        )[1]
        when len(blocks) > 48 then long_chain(
            list_transform(blocks, lambda block: short_hash(block)),
            list_transform(blocks, lambda block: length(block)),
            prompt_tokens::bigint
        )
    end;
