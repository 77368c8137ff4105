-- prompt-costs: the input cost of each prompt
--
-- question: What do input, cache reads and cache writes of each prompt, or of each model, cost?
-- param by_prompt bool = true: whether the prompts of a model are told apart.
-- param prompts names = all: those asked about, to the letter.
-- param most int(1, inf) = none: prompts, the most expensive ones; none sets no limit.

select
    provider,
    model,
    case when $by_prompt then prompt_of(priced) end as prompt,
    count(*)::bigint as requests,
    exact_sum(input_cost_usd + cache_read_cost_usd + cache_write_cost_usd) as usd
from priced
where
    input_cost_usd is not null and calls = 1 and status = 'ok' and ts is not null
    and ($prompts is null or prompt_of(priced) in (select unnest($prompts)))
group by provider, model, case when $by_prompt then prompt_of(priced) end
order by usd desc, prompt, model, provider
limit $most
