-- active-days: the days on which something was spent
--
-- question: What did each day of the log cost?

select
    local_time(ts)::date as day,
    exact_sum(cost_usd) as cost_usd
from priced
where ts is not null and cost_usd > 0
group by local_time(ts)::date
order by day
