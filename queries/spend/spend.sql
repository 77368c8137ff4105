-- spend: what was spent, by any key
--
-- question: Where does the money go?
-- assumes: a request without a price adds to unpriced_requests and to nothing that counts dollars.
-- assumes: dollars are added as decimals, so that the order of adding changes no digit.

select
    key,
    sum(calls)::bigint as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_5m_tokens + cache_write_1h_tokens)::bigint as cache_write_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(cost_usd::decimal(38, 15))::double as cost_usd,
    sum(cost_usd::decimal(38, 15))::double / nullif(sum(sum(cost_usd::decimal(38, 15))) over (), 0)::double as cost_share,
    sum(fees_cost_usd::decimal(38, 15))::double as fees_usd,
    coalesce(sum(calls) filter (where cost_usd is null), 0)::bigint as unpriced_requests
from priced
group by key
