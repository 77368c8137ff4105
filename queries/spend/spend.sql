-- spend: spend by any key
--
-- question: Where does the money go?
-- param most int(1, inf) = 100000: rows, the most expensive ones; the others are one row without a key, with their number
--   in others.
-- assumes: a request without a price counts in unpriced_requests and in no dollars.
-- assumes: dollars are added as decimals, so the order of adding does not change the result.

with grouped as (
    select
        key,
        sum(calls)::bigint as requests,
        sum(input_tokens)::bigint as input_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        sum(cache_write_tokens)::bigint as cache_write_tokens,
        sum(output_tokens)::bigint as output_tokens,
        exact_sum(cost_usd) as cost_usd,
        exact_sum(cost_usd) / nullif(sum(sum(exact(cost_usd))) over (), 0)::double as cost_share,
        exact_sum(fees_cost_usd) as fees_usd,
        unpriced_calls(priced) as unpriced_requests
    from priced
    group by key
),

placed as (
    select *, row_number() over (order by cost_usd desc nulls last, key) as place from grouped
)

select * exclude (place), null::bigint as others
from placed
where place <= $most
union all
select
    null as key,
    sum(requests)::bigint as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(output_tokens)::bigint as output_tokens,
    exact_sum(cost_usd) as cost_usd,
    exact_sum(cost_share) as cost_share,
    exact_sum(fees_usd) as fees_usd,
    sum(unpriced_requests)::bigint as unpriced_requests,
    count(*) as others
from placed
where place > $most
having count(*) > 0
