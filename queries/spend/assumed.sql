-- assumed: what rests on a model that was assumed
--
-- question: Which requests come from logs that name no model, and what do they cost if it was the assumed one?

select
    model_logged as model,
    sum(calls)::bigint as requests,
    sum(exact(cost_usd))::double as cost_usd
from priced
where model_assumed
group by model_logged
order by cost_usd desc nulls last, model_logged
