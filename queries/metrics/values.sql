-- What the new requests add to the values of each label.

select 'model' as label, model as value, sum(requests) as requests, sum(cost_usd) as cost_usd
from counted
group by model
union all
select 'feature' as label, feature as value, sum(requests) as requests, sum(cost_usd) as cost_usd
from counted
group by feature
union all
select 'task_type' as label, task_type as value, sum(requests) as requests, sum(cost_usd) as cost_usd
from counted
group by task_type
