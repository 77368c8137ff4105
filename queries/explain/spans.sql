-- spans: what each of several periods spent
--
-- question: Which periods have requests, and what did they cost?

select
    periods.place,
    sum(daily.requests)::bigint as requests,
    sum(daily.unpriced_requests)::bigint as unpriced_requests,
    sum(daily.cost_usd)::double as cost_usd
from periods
inner join daily on daily.day >= periods.since and daily.day < periods.until
where daily.value_number = 0
group by periods.place
order by periods.place
