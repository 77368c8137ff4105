-- The cheapest way to cache each prompt: a life and a placement. Prompts that share a beginning get the same way, since
-- one may read what another writes: if their cheapest ways differ, the cheapest for all of them together. A cache that
-- saves nothing is left out, though its writes may be free.

with costs as (
    -- What each way adds to the cost, compared with no cache.
    select
        beginning, prompt, way,
        sum(write_tokens * coalesce(write_adds, case when ttl = '1h' then 1 else 0.25 end))
        - sum(read_tokens * coalesce(read_saves, 0.9)) as adds
    from cache_use
    where ($ttl = 'auto' and ttl <> 'provider') or ($breakpoints = 'best' and way <> ttl)
    group by beginning, prompt, way
),

for_prompts as (
    select prompt, case when min(adds) >= 0 then 'none' else arg_min(way, adds) end as best_way
    from (select prompt, way, sum(adds) as adds from costs group by prompt, way)
    group by prompt
),

for_beginnings as (
    select beginning, case when min(adds) >= 0 then 'none' else arg_min(way, adds) end as best_way
    from (select beginning, way, sum(adds) as adds from costs group by beginning, way)
    group by beginning
)

select
    costs.beginning,
    case
        when min(for_prompts.best_way) = max(for_prompts.best_way) then min(for_prompts.best_way)
        else min(for_beginnings.best_way)
    end as best_way
from costs
inner join for_prompts on for_prompts.prompt = costs.prompt
inner join for_beginnings on for_beginnings.beginning = costs.beginning
group by costs.beginning
