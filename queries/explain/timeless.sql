-- timeless: requests that belong to no period
--
-- question: How many requests have no time, and what did they cost?

select
    coalesce(sum(calls), 0)::bigint as requests,
    coalesce(sum(cost_usd::decimal(38, 15)), 0)::double as cost_usd
from priced
where ts is null
