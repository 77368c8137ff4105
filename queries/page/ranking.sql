-- ranking: the values of a key, the most expensive first
--
-- question: Which values of a key does a page name?

select
    key,
    row_number() over (order by sum(exact(cost_usd)) desc nulls last, sum(calls) desc, key) as rank
from priced
where key is not null
group by key
