-- prompt-costs: the input cost of each prompt
--
-- question: What do input, cache reads and cache writes of each prompt cost?

select
    provider,
    model,
    coalesce(prompt_id, feature, project, 'all') as prompt,
    count(*)::bigint as requests,
    exact_sum(input_cost_usd + cache_read_cost_usd + cache_write_cost_usd) as usd
from priced
where input_cost_usd is not null and calls = 1 and status = 'ok' and ts is not null
group by provider, model, coalesce(prompt_id, feature, project, 'all')
