-- values: spend by the values of one key, small enough for a page
--
-- question: What was spent by each project, user, session or value of a tag?
-- param names int = 30: values kept separate, most expensive first; the rest become (others).
-- param detail int = 2: 2 splits by day, feature and model, 1 by day, 0 by neither.
-- assumes: a request without a value of the key has null there.

select
    coalesce(named.key, case when fine.detail is not null then '(others)' end) as value,
    case when $detail >= 1 then fine.by_day end as day,
    case when $detail >= 2 then fine.by_feature end as feature,
    case when $detail >= 2 then fine.by_model end as model,
    sum(fine.requests)::bigint as requests,
    sum(fine.input_tokens + fine.cache_read_tokens + fine.cache_write_tokens)::bigint as prompt_tokens,
    sum(fine.output_tokens)::bigint as output_tokens,
    sum(fine.cost_usd)::double as cost_usd,
    sum(fine.unpriced_requests)::bigint as unpriced_requests
from fine
left join ranking as named on named.rank = fine.detail and named.rank <= $names
group by all
order by value, day, feature, model
