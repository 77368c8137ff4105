-- effects: the effect of a what-if on tokens and answers
--
-- question: How do the billed tokens change, and how many answers are cut short or served without a call?

select
    (coalesce(sum(after.input_tokens), 0) - coalesce(sum(before.input_tokens), 0))::bigint as input_tokens,
    (coalesce(sum(after.cache_read_tokens), 0) - coalesce(sum(before.cache_read_tokens), 0))::bigint as cache_read_tokens,
    (
        coalesce(sum(written_tokens(after)), 0)
        - coalesce(sum(written_tokens(before)), 0)
    )::bigint as cache_write_tokens,
    (coalesce(sum(after.output_tokens), 0) - coalesce(sum(before.output_tokens), 0))::bigint as output_tokens,
    coalesce(sum(before.calls * before.requests_answered) filter (where is_cut_short(before, after)), 0)::bigint
        as answers_cut_short,
    coalesce(sum(before.calls) filter (
        where after.output_tokens = 0 and before.output_tokens > 0
    ), 0)::bigint as requests_without_a_call,
    coalesce(sum(before.calls) filter (
        where after.cached_answer = 'unknown' and before.cached_answer is distinct from 'unknown'
    ), 0)::bigint as answers_not_compared,
    coalesce(sum(before.calls) filter (
        where after.service_tier <> before.service_tier
    ), 0)::bigint as requests_of_another_tier,
    coalesce(sum(after.calls) filter (where before.request_id is null), 0)::bigint as requests_asked_twice
from before
full join after on after.request_id = before.request_id
