-- unpriced: the requests of both periods that have no price
--
-- question: Which models have requests that the split cannot include?

select
    model,
    sum(unpriced_requests) filter (where not in_later)::bigint as earlier_requests,
    sum(unpriced_requests) filter (where in_later)::bigint as later_requests
from cells
where not is_repriced and unpriced_requests > 0
group by model
order by sum(unpriced_requests) desc, model
