-- savings: what a stack saves, by a key of the logged traffic
--
-- question: Which features, prompts or models would the stack have made cheaper?
-- assumes: a saving counts for the key that the request was logged under, and so does the cost of a second call for it.

select
    logged.key,
    logged.requests,
    logged.cost_usd::double as baseline_cost_usd,
    later.cost_usd::double as cost_usd,
    coalesce(logged.cost_usd, 0)::double - coalesce(later.cost_usd, 0)::double as saved_usd
from (
    select key, sum(calls)::bigint as requests, sum(exact(cost_usd)) as cost_usd
    from before
    group by key
) as logged
left join (
    select before.key, sum(exact(after.cost_usd)) as cost_usd
    from after
    inner join before on before.request_id = after.logged_id
    group by before.key
) as later on later.key is not distinct from logged.key
order by saved_usd desc, logged.key
