-- block-hits: blocks that a trace shows were sent before, beside what the replay of prompt caching reads
--
-- question: Which share of a trace's blocks would a prompt cache that forgets nothing have read, and which had it seen?
-- assumes: relations logged, found and waited of the same requests: as the trace has them; replayed with each block
--   there to be read once it was sent, and once its request has begun to answer.
-- assumes: a block was seen before if its number stands in the trace before; the trace does not say what the service's
--   own cache still held.

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
