-- daily: requests summed by day and by everything that the split of a whole bill distinguishes
--
-- question: What does the split of any two stretches of whole days start from?
-- assumes: a prompt that was used on one day only cannot be in two periods; its requests are grouped with those of the
--   other such prompts of their feature.

select
    local_time(priced.ts)::date as day,
    priced.by_feature,
    lasting_prompts.prompt_id,
    priced.prompt_id is not null as has_prompt,
    priced.provider,
    priced.model,
    priced.service_tier,
    priced.region,
    sum(priced.calls)::bigint as requests,
    unpriced_calls(priced) as unpriced_requests,
    priced_tokens(priced, priced.input_tokens) as input_tokens,
    priced_tokens(priced, priced.cache_read_tokens) as cache_read_tokens,
    priced_tokens(priced, priced.cache_write_tokens) as cache_write_tokens,
    priced_tokens(priced, priced.output_tokens) as output_tokens,
    coalesce(sum(exact(priced.input_cost_usd)), 0) as input_cost_usd,
    coalesce(sum(exact(priced.cache_read_cost_usd)), 0) as cache_read_cost_usd,
    coalesce(sum(exact(priced.cache_write_cost_usd)), 0) as cache_write_cost_usd,
    coalesce(sum(exact(priced.output_cost_usd)), 0) as output_cost_usd,
    coalesce(sum(exact(priced.fees_cost_usd)), 0) as fees_cost_usd,
    coalesce(sum(exact(priced.cost_usd)), 0) as cost_usd
from priced
left join lasting_prompts on lasting_prompts.prompt_id = priced.prompt_id
where priced.ts is not null
group by all
