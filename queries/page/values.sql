-- values: spend by the values of one key, small enough for a page
--
-- question: What was spent by each project, user, session or value of a tag?
-- param names int = 30: values kept separate, most expensive first; the rest become (others).
-- param detail int = 2: 2 splits by day, feature and model, 1 by day, 0 by neither.
-- assumes: a request without a value of the key has null there.

select
    case when rank <= $names then value when has_value then '(others)' end as value,
    case when $detail >= 1 then by_day end as day,
    case when $detail >= 2 then by_feature end as feature,
    case when $detail >= 2 then by_model end as model,
    sum(requests)::bigint as requests,
    sum(prompt_tokens)::bigint as prompt_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(cost_usd)::double as cost_usd,
    sum(unpriced_requests)::bigint as unpriced_requests
from valued
group by all
order by value, day, feature, model
