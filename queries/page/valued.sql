-- valued: spend by the values of a key that a page names, in full detail
--
-- question: What adds up to all the spend that a page shows of one key?
-- param names int = 30: how many values to name, most expensive first.

select
    top.key as value,
    top.rank,
    priced.key is not null as has_value,
    by_day,
    by_feature,
    by_model,
    sum(calls)::bigint as requests,
    sum(prompt_tokens)::bigint as prompt_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(exact(cost_usd)) as cost_usd,
    unpriced_calls(priced) as unpriced_requests
from priced
left join (select key, rank from ranking where rank <= $names) as top on top.key = priced.key
group by top.key, top.rank, has_value, by_day, by_feature, by_model
