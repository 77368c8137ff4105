-- cells: requests and dollars of each feature and prompt, by what is paid for
--
-- question: What does a request of each prompt cost?
-- assumes: requests that a what-if adds belong to the prompt that they are for, and are no requests of their own.

select
    by_feature as feature,
    prompt_id,
    coalesce(sum(calls) filter (where added_to is null), 0)::bigint as requests,
    paid_for(input_cost_usd, cost_override_usd) as input_usd,
    paid_for(cache_read_cost_usd, cost_override_usd) as cache_reads_usd,
    paid_for(cache_write_cost_usd, cost_override_usd) as cache_writes_usd,
    paid_for(output_cost_usd, cost_override_usd) as output_usd,
    paid_for(fees_cost_usd, cost_override_usd) as fees_usd,
    coalesce(exact_sum(cost_override_usd), 0) as other_usd,
    exact_sum(cost_usd) as cost_usd,
    count(*) filter (where answered_by = 'cache') as answered_by_a_cache
from priced
where cost_usd is not null
group by by_feature, prompt_id
order by by_feature, prompt_id
