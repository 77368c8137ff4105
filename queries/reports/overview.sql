-- overview: everything on the first screen, in one pass over the requests
--
-- question: What was spent, when, on which models, features and prompts?
-- assumes: section names the key that a row counts by: total, day, model, feature or prompt.

select
    case grouping(by_day, by_model, by_feature, by_prompt)
        when 7 then 'day' when 11 then 'model' when 13 then 'feature' when 14 then 'prompt' else 'total'
    end as section,
    coalesce(by_day, by_model, by_feature, by_prompt) as key,
    any_value(by_feature) as example_feature,
    sum(calls)::bigint as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_5m_tokens + cache_write_1h_tokens)::bigint as cache_write_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(cost_usd::decimal(38, 15))::double as cost_usd,
    coalesce(sum(calls) filter (where cost_usd is null), 0)::bigint as unpriced_requests
from dimensions
group by grouping sets ((), (by_day), (by_model), (by_feature), (by_prompt))
order by section, cost_usd desc nulls last, key
