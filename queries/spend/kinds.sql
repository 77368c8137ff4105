-- kinds: what is paid, by what it is paid for
--
-- question: How much of the cost is input, cache reads, cache writes, output, fees, or set by a what-if?

select
    coalesce(exact_sum(case when cost_override_usd is null then input_cost_usd end), 0) as input_usd,
    coalesce(exact_sum(case when cost_override_usd is null then cache_read_cost_usd end), 0) as cache_reads_usd,
    coalesce(exact_sum(case when cost_override_usd is null then cache_write_cost_usd end), 0) as cache_writes_usd,
    coalesce(exact_sum(case when cost_override_usd is null then output_cost_usd end), 0) as output_usd,
    coalesce(exact_sum(case when cost_override_usd is null then fees_cost_usd end), 0) as fees_usd,
    coalesce(exact_sum(cost_override_usd), 0) as other_usd
from priced
where cost_usd is not null
