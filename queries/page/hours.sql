-- hours: spend by day and hour
--
-- question: At which hours of which days is money spent, by feature and model?
-- param detail int = 2: 2 splits by feature and model, 1 by feature, 0 by neither.

select
    by_day as day,
    hour(local_time(ts)) as hour,
    case when $detail >= 1 then by_feature end as feature,
    case when $detail >= 2 then by_model end as model,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as cost_usd
from priced
where ts is not null
group by by_day, hour(local_time(ts)), case when $detail >= 1 then by_feature end, case when $detail >= 2 then by_model end
order by day, hour, feature, model
