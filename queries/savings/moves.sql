-- moves: requests that a what-if sends to another model
--
-- question: How many requests move, from where to where?

select
    before.model as from_model,
    after.model as to_model,
    sum(before.calls)::bigint as requests,
    sum(before.calls)::double / (select sum(calls) from before) as share,
    coalesce(exact_sum(before.cost_usd), 0) as before_usd,
    coalesce(exact_sum(after.cost_usd), 0) as after_usd,
    coalesce(exact_sum(before.cost_usd), 0) - coalesce(exact_sum(after.cost_usd), 0)
        as saved_usd
from before
join after using (request_id)
where before.model is distinct from after.model
group by before.model, after.model
order by requests desc, from_model, to_model
