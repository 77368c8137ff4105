-- timeless: requests that belong to no period
--
-- question: How many requests have no time, and what did they cost?

select
    coalesce(sum(calls), 0)::bigint as requests,
    coalesce(exact_sum(cost_usd), 0) as cost_usd
from priced
where ts is null
