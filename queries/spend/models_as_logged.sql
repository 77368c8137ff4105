-- models-as-logged: under which names the log knows the models
--
-- question: How many requests of each name are billed as which model?

select
    model_logged,
    model,
    sum(calls)::bigint as requests
from priced
where model_logged is not null
group by model_logged, model
order by requests desc, model_logged, model
