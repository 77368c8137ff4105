-- price-sources: whose prices the requests were billed at
--
-- question: How many requests, and dollars, go by the package's prices, and how many by the user's own?

select
    price_source as source,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as cost_usd
from priced
where price_source is not null
group by price_source
order by cost_usd desc nulls last, source
