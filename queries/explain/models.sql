-- models: the models that only one of the periods asked
--
-- question: Which models are new, and which have disappeared?
-- assumes: their dollars stand in the parts already: a model that answers what another one answered is part of the mix.

select
    model,
    bool_or(in_later) as is_new,
    sum(requests)::bigint as requests,
    case when sum(requests) > sum(unpriced_requests) then sum(cost_usd)::double end as cost_usd
from cells
where not is_repriced
group by model
having bool_and(in_later) or not bool_or(in_later)
order by cost_usd desc nulls last, model
