-- savings: what a stack saves, by a key of the logged traffic
--
-- question: Which features, prompts or models would the stack have made cheaper?
-- assumes: a saving counts for the key that the request was logged under.

select
    before.key,
    sum(before.calls)::bigint as requests,
    sum(before.cost_usd::decimal(38, 15))::double as baseline_cost_usd,
    sum(after.cost_usd::decimal(38, 15))::double as cost_usd,
    coalesce(sum(before.cost_usd::decimal(38, 15)), 0)::double - coalesce(sum(after.cost_usd::decimal(38, 15)), 0)::double
        as saved_usd
from before
left join after using (request_id)
group by before.key
order by saved_usd desc, before.key
