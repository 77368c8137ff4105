-- ranked: requests with the rank of their value of a key
--
-- question: Which value of a key does each request count for on a page?
-- param names int = 30: how many values to name, most expensive first.
-- assumes: a request with another value has rank 0, one without a value none.

select
    priced.*,
    case when priced.key is not null then coalesce(named.rank, 0) end as detail
from priced
left join (select key, rank from ranking where rank <= $names) as named on named.key = priced.key
