-- effects: what a what-if does to the traffic, in tokens and answers
--
-- question: How do the billed tokens change, and how many answers are cut short or served without a call?

select
    sum(after.input_tokens - before.input_tokens)::bigint as input_tokens,
    sum(after.cache_read_tokens - before.cache_read_tokens)::bigint as cache_read_tokens,
    sum(
        after.cache_write_5m_tokens + after.cache_write_1h_tokens
        - before.cache_write_5m_tokens - before.cache_write_1h_tokens
    )::bigint as cache_write_tokens,
    sum(after.output_tokens - before.output_tokens)::bigint as output_tokens,
    coalesce(sum(before.calls) filter (
        where after.stop_reason = 'max_tokens' and after.output_tokens between 1 and before.output_tokens - 1
    ), 0)::bigint as answers_cut_short,
    coalesce(sum(before.calls) filter (
        where after.output_tokens = 0 and before.output_tokens > 0
    ), 0)::bigint as requests_without_a_call,
    coalesce(sum(before.calls) filter (
        where after.service_tier is distinct from before.service_tier
    ), 0)::bigint as requests_of_another_tier
from before
inner join after using (request_id)
