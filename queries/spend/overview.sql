-- overview: everything on the first screen, in one pass over the requests
--
-- question: What was spent, when, on which models, features and prompts?
-- assumes: section is the key that a row is grouped by: total, day, model, feature or prompt.

select
    case grouping(by_day, by_model, by_feature, by_prompt)
        when 7 then 'day' when 11 then 'model' when 13 then 'feature' when 14 then 'prompt' else 'total'
    end as section,
    coalesce(by_day, by_model, by_feature, by_prompt) as key,
    coalesce(sum(calls), 0)::bigint as requests,
    coalesce(sum(input_tokens), 0)::bigint as input_tokens,
    coalesce(sum(cache_read_tokens), 0)::bigint as cache_read_tokens,
    coalesce(sum(cache_write_tokens), 0)::bigint as cache_write_tokens,
    coalesce(sum(output_tokens), 0)::bigint as output_tokens,
    exact_sum(cost_usd) as cost_usd,
    exact_sum(fees_cost_usd) as fees_usd,
    unpriced_calls(priced) as unpriced_requests
from priced
group by grouping sets ((), (by_day), (by_model), (by_feature), (by_prompt))
order by section, cost_usd desc nulls last, key
