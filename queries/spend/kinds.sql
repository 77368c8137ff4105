-- kinds: what is paid, by what it is paid for
--
-- question: How much of the cost is input, cache reads, cache writes, output, fees, or set by a what-if?

select
    paid_for(input_cost_usd, cost_override_usd) as input_usd,
    paid_for(cache_read_cost_usd, cost_override_usd) as cache_reads_usd,
    paid_for(cache_write_cost_usd, cost_override_usd) as cache_writes_usd,
    paid_for(output_cost_usd, cost_override_usd) as output_usd,
    paid_for(fees_cost_usd, cost_override_usd) as fees_usd,
    coalesce(exact_sum(cost_override_usd), 0) as other_usd
from priced
where cost_usd is not null
