-- spans: what each of several periods spent
--
-- question: Which periods have requests, and what did they cost?

select
    periods.place,
    sum(dated.requests)::bigint as requests,
    sum(dated.unpriced_requests)::bigint as unpriced_requests,
    sum(dated.cost_usd)::double as cost_usd,
    count(*) as active_days
from periods
inner join dated on dated.day >= periods.since and dated.day < periods.until
group by periods.place
order by periods.place
