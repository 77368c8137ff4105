-- The caches of every model in `requests`, by the providers' rules: one row per model and period, and another where the
-- model also has a cache for requests that mark what is cached. The first rule of either kind that matches a model on a
-- day counts.

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
        row_number() over (
            partition by used.provider, used.model, days.day, coalesce(prompt_caches.marked, false)
            order by prompt_caches.place
        ) as nearest
    from used
    cross join days
    inner join prompt_caches
        on is_about(prompt_caches, used.provider, used.model)
        and coalesce(prompt_caches.valid_from <= days.day, true)
        and coalesce(prompt_caches.valid_to > days.day, true)
),

missed as (
    select
        used.provider,
        used.model,
        arg_min(miss_rate, cache_misses.place) as miss_rate,
        arg_min(miss_rate_low, cache_misses.place) as miss_rate_low,
        arg_min(miss_rate_high, cache_misses.place) as miss_rate_high
    from used
    inner join cache_misses on is_about(cache_misses, used.provider, used.model)
    group by used.provider, used.model
),

prices_now as (
    -- What a read token saves and a written one adds, compared with plain input, at the newest price of a short prompt.
    select
        provider, model,
        max(input_usd_mtok - cache_read_usd_mtok) as read_saves,
        max(input_usd_mtok - cache_read_marked_usd_mtok) as marked_read_saves,
        max(cache_write_5m_usd_mtok - input_usd_mtok) as write_5m_adds,
        max(cache_write_1h_usd_mtok - input_usd_mtok) as write_1h_adds
    from prices
    where is_list_price(prices) and prompt_min = 0
    group by provider, model
)

select
    matched.provider,
    matched.model,
    first_day,
    next_day,
    coalesce(matched.marked, false) as marked,
    entries,
    lookback_blocks,
    client_sets_life,
    writes_charged,
    promised,
    by_tier,
    keys,
    case
        when is_named('life', $pessimistic) then matched.life_in_memory_s_low
        when is_named('life', $optimistic) then matched.life_in_memory_s_high
        else matched.life_in_memory_s
    end as life_in_memory_s,
    requests_per_minute is not null and is_named('overflow', $pessimistic) as overflows,
    case
        when is_named('minimum', $pessimistic) then matched.min_tokens_low
        when is_named('minimum', $optimistic) then matched.min_tokens_high
        else matched.min_tokens
    end as min_tokens,
    case
        when is_named('steps', $pessimistic) then matched.step_tokens_low
        when is_named('steps', $optimistic) then matched.step_tokens_high
        else matched.step_tokens
    end as step_tokens,
    case
        when is_named('life', $pessimistic) then matched.life_s_low
        when is_named('life', $optimistic) then matched.life_s_high
        else matched.life_s
    end as life_s,
    case
        when is_named('routing', $pessimistic) then matched.routed_s_low
        when is_named('routing', $optimistic) then matched.routed_s_high
        else matched.routed_s
    end as routed_s,
    case
        when is_named('routing', $pessimistic) then matched.routes_low
        when is_named('routing', $optimistic) then matched.routes_high
        else matched.routes
    end as routes,
    case
        when is_named('isolation', $pessimistic) then matched.isolation_low
        when is_named('isolation', $optimistic) then matched.isolation_high
        else matched.isolation
    end = 'project' as by_project,
    case
        when is_named('system', $pessimistic) then matched.ends_system_low
        when is_named('system', $optimistic) then matched.ends_system_high
        else matched.ends_system
    end as ends_system,
    case
        when is_named('misses', $pessimistic) then missed.miss_rate_low
        when is_named('misses', $optimistic) then missed.miss_rate_high
        else missed.miss_rate
    end as miss_rate,
    case when coalesce(matched.marked, false) then marked_read_saves else read_saves end as read_saves,
    write_5m_adds,
    write_1h_adds
from matched
inner join missed on missed.provider is not distinct from matched.provider and missed.model = matched.model
left join prices_now on prices_now.provider = matched.provider and prices_now.model = matched.model
where
    nearest = 1
    and entries <> 'none'
    and coalesce(case when coalesce(matched.marked, false) then marked_read_saves else read_saves end > 0, known)
    and (known or not is_named('unknown', $pessimistic))
