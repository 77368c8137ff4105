-- ttl=auto: the cheapest life of each prompt; where prompts that share a beginning differ in that, the cheapest for them
-- all, as one would read otherwise what another does not write.

with costs as (
    -- ttl=auto: what the lives cost beside no cache.
    select
        beginning, prompt, ttl,
        sum(write_tokens * coalesce(write_adds, case when ttl = '1h' then 1 else 0.25 end))
        - sum(read_tokens * coalesce(read_saves, 0.9)) as adds
    from cache_use
    where $ttl = 'auto' and ttl <> 'provider'
    group by beginning, prompt, ttl
),

for_prompts as (
    select prompt, case when min(adds) > 0 then 'none' else arg_min(ttl, adds) end as best_ttl
    from (select prompt, ttl, sum(adds) as adds from costs group by prompt, ttl)
    group by prompt
),

for_beginnings as (
    select beginning, case when min(adds) > 0 then 'none' else arg_min(ttl, adds) end as best_ttl
    from (select beginning, ttl, sum(adds) as adds from costs group by beginning, ttl)
    group by beginning
)

select
    costs.beginning,
    case
        when min(for_prompts.best_ttl) = max(for_prompts.best_ttl) then min(for_prompts.best_ttl)
        else min(for_beginnings.best_ttl)
    end as best_ttl
from costs
inner join for_prompts on for_prompts.prompt = costs.prompt
inner join for_beginnings on for_beginnings.beginning = costs.beginning
group by costs.beginning
