-- answers: how a stack affects answers
--
-- question: What is the longest added delay, and how many answers are not known to be the logged ones?
-- assumes: an answer that moves to a batch API takes the full 24 hours that are promised.
-- assumes: a cached answer is as good as the logged one if the log shows that they are the same.

select
    greatest(0, coalesce(max(
        case
            when after.service_tier = 'batch' and before.service_tier is distinct from 'batch' then 86400000
            else after.latency_ms - before.latency_ms
        end
    ), 0))::double as added_latency_ms,
    coalesce(sum(before.calls) filter (where before.latency_ms is null), 0)::bigint as requests_without_latency,
    coalesce(sum(before.calls) filter (
        where before.output_tokens > 0 and after.cached_answer in ('differs', 'unknown')
    ), 0)::bigint as answers_not_known_to_be_the_same
from before
inner join after using (request_id)
