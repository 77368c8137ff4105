-- days: spend of each day of both periods
--
-- question: When did the spend change?

select
    in_later,
    day_number,
    sum(requests)::bigint as requests,
    sum(unpriced_requests)::bigint as unpriced_requests,
    sum(cost_usd) as cost_usd
from cells
where not is_repriced
group by in_later, day_number
order by in_later, day_number
