-- savings: what a stack saves, by a key of the logged traffic
--
-- question: Which features, prompts or models would the stack have made cheaper?
-- param most int(1, inf) = 10000: rows, those that cost most in the log; the others are one row without a key, with their
--   number in others.
-- assumes: a saving counts for the key that the request was logged under, and so does the cost of a second call for it.

with logged as (
    select
        key,
        sum(calls)::bigint as requests,
        sum(exact(cost_usd)) as cost_usd,
        row_number() over (order by sum(exact(cost_usd)) desc nulls last, key) <= $most as is_listed
    from before
    group by key
),

later as (
    select before.key, sum(exact(after.cost_usd)) as cost_usd
    from after
    inner join before on before.request_id = after.logged_id
    group by before.key
),

compared as (
    select
        case when logged.is_listed then logged.key end as key,
        sum(logged.requests)::bigint as requests,
        sum(logged.cost_usd) as logged_usd,
        sum(later.cost_usd) as later_usd,
        case when not logged.is_listed then count(*) end as others
    from logged
    left join later on later.key is not distinct from logged.key
    group by logged.is_listed, case when logged.is_listed then logged.key end
)

select
    key,
    requests,
    logged_usd::double as baseline_cost_usd,
    later_usd::double as cost_usd,
    coalesce(logged_usd, 0)::double - coalesce(later_usd, 0)::double as saved_usd,
    others
from compared
order by others is not null, saved_usd desc, key
