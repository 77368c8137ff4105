-- daily-spend: the spend of each day by feature and model, in the store for any client of DuckDB
--
-- question: What did each feature and model cost on each day?
-- assumes: prices are those of the last llmcost command that could write to the store; days are in UTC.

select
    ts::date as day,
    by_feature as feature,
    provider,
    model,
    sum(calls)::bigint as requests,
    unpriced_calls(priced) as unpriced_requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(output_tokens)::bigint as output_tokens,
    exact_sum(cost_usd) as cost_usd
from priced
group by ts::date, by_feature, provider, model
