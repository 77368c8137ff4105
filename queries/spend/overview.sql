-- overview: everything on the first screen, in one pass over the requests
--
-- question: What was spent, when, on which models, features and prompts?
-- param most int(1, inf) = 10000: rows of a section, the most expensive ones; the others are one row, with their number in
--   others.
-- assumes: section is the key that a row is grouped by: total, day, model, feature or prompt.

with grouped as (
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
),

listed as (
    select
        *,
        section = 'day'
        or coalesce(key, '') in ('', 'unattributed')
        or row_number() over (partition by section order by cost_usd desc nulls last, key) <= $most as is_listed
    from grouped
    where key is not null or section = 'total'
)

select * exclude (is_listed), null::bigint as others
from listed
where is_listed
union all
select
    section,
    null as key,
    sum(requests)::bigint as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(output_tokens)::bigint as output_tokens,
    exact_sum(cost_usd) as cost_usd,
    exact_sum(fees_usd) as fees_usd,
    sum(unpriced_requests)::bigint as unpriced_requests,
    count(*) as others
from listed
where not is_listed
group by section
order by section, others nulls first, cost_usd desc nulls last, key
