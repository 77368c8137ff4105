-- fine: spend by day, feature, model and a detail, in full
--
-- question: What adds up to all the spend that a page shows?
-- assumes: detail is the prompt, or the rank of the value of a key: 0 for one that the page does not name.

select
    by_day,
    by_feature,
    by_model,
    detail,
    sum(calls)::bigint as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(exact(cost_usd)) as cost_usd,
    unpriced_calls(priced) as unpriced_requests
from priced
group by by_day, by_feature, by_model, detail
