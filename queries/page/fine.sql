-- fine: spend by day, feature, model and prompt, in full detail
--
-- question: What adds up to all the spend that a page shows?

select
    by_day,
    by_feature,
    by_model,
    by_prompt,
    sum(calls)::bigint as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(exact(cost_usd)) as cost_usd,
    unpriced_calls(priced) as unpriced_requests
from priced
group by by_day, by_feature, by_model, by_prompt
