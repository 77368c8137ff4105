-- dated: what each day of the log spent
--
-- question: Which days have requests, and what did they cost?

select
    by_day::date as day,
    sum(calls)::bigint as requests,
    unpriced_calls(priced) as unpriced_requests,
    coalesce(sum(exact(cost_usd)), 0) as cost_usd
from priced
where ts is not null
group by by_day
