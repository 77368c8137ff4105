-- The cache of every model in `requests`, by the providers' rules: one row for each model and stretch of days.
-- Of several rules that match a model on a day, the first counts.

with days as (
    select day, lead(day) over (order by day) as next_day
    from (
        select date '1970-01-01' as day
        union
        select valid_from from prompt_caches where valid_from is not null
        union
        select valid_to from prompt_caches where valid_to is not null
    )
),

used as (select distinct provider, model from requests where model is not null),

matched as (
    select
        used.provider,
        used.model,
        days.day as first_day,
        days.next_day,
        prompt_caches.*,
        row_number() over (partition by used.provider, used.model, days.day order by prompt_caches.place) as nearest
    from used
    cross join days
    inner join prompt_caches
        on regexp_matches(coalesce(used.provider, ''), prompt_caches.hosts)
        and regexp_matches(replace(used.model, '.', '-'), prompt_caches.models)
        and coalesce(prompt_caches.valid_from <= days.day, true)
        and coalesce(prompt_caches.valid_to > days.day, true)
)

select
    provider,
    model,
    first_day,
    next_day,
    entries,
    step_tokens,
    client_sets_life,
    writes_charged,
    case
        when regexp_matches($pessimistic, 'all|minimum') then min_tokens_low
        when regexp_matches($optimistic, 'all|minimum') then min_tokens_high
        else min_tokens
    end as min_tokens,
    case
        when regexp_matches($pessimistic, 'all|life') then life_s_low
        when regexp_matches($optimistic, 'all|life') then life_s_high
        else life_s
    end as life_s,
    case
        when regexp_matches($pessimistic, 'all|isolation') then isolation_low
        when regexp_matches($optimistic, 'all|isolation') then isolation_high
        else isolation
    end = 'project' as by_project
from matched
where nearest = 1 and entries <> 'none'
