-- block-hits: cache reads of the replay, compared with blocks that the trace repeats
--
-- question: Which share of the blocks would a cache with unlimited life have read, and which share had been sent
--   before?
-- assumes: relations logged, found and waited hold the same requests: as in the trace; replayed with each block
--   readable once it was sent; replayed with each block readable once its request began to answer.
-- assumes: a block was sent before if its number occurs earlier in the trace; the trace does not show what the
--   service's own cache still held.

with seen as (
    select
        request_id,
        model,
        count(*) as blocks,
        count(case when sent > 1 then 1 end) as actual_blocks
    from (
        select
            request_id,
            model,
            row_number() over (partition by model, project, block.hash order by ts, request_id) as sent
        from (select request_id, model, project, ts, unnest(prefix) as block from logged)
    )
    group by request_id, model
)

select
    seen.model,
    count(*)::bigint as requests,
    sum(seen.blocks)::bigint as blocks,
    sum(found.cache_read_tokens // 512)::bigint as predicted_blocks,
    sum(waited.cache_read_tokens // 512)::bigint as low_blocks,
    sum(seen.actual_blocks)::bigint as actual_blocks
from seen
inner join found on found.request_id = seen.request_id
inner join waited on waited.request_id = seen.request_id
group by seen.model
order by blocks desc, seen.model
