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
        prompt_caches.* replace (coalesce(prompt_caches.marked, false) as marked),
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
),

worth as (
    select
        matched.*,
        case when marked then marked_read_saves else read_saves end as read_saves,
        write_5m_adds,
        write_1h_adds
    from matched
    left join prices_now on prices_now.provider = matched.provider and prices_now.model = matched.model
    where nearest = 1
)

select
    worth.provider,
    worth.model,
    first_day,
    next_day,
    worth.marked,
    entries,
    lookback_blocks,
    client_sets_life,
    writes_charged,
    promised,
    by_tier,
    keys,
    left_open(
        'life', $pessimistic, $optimistic, worth.life_in_memory_s, worth.life_in_memory_s_low, worth.life_in_memory_s_high
    ) as life_in_memory_s,
    requests_per_minute is not null and is_named('overflow', $pessimistic) as overflows,
    left_open(
        'minimum', $pessimistic, $optimistic, worth.min_tokens, worth.min_tokens_low, worth.min_tokens_high
    ) as min_tokens,
    left_open(
        'steps', $pessimistic, $optimistic, worth.step_tokens, worth.step_tokens_low, worth.step_tokens_high
    ) as step_tokens,
    left_open('life', $pessimistic, $optimistic, worth.life_s, worth.life_s_low, worth.life_s_high) as life_s,
    left_open(
        'routing', $pessimistic, $optimistic, worth.routed_s, worth.routed_s_low, worth.routed_s_high
    ) as routed_s,
    left_open('routing', $pessimistic, $optimistic, worth.routes, worth.routes_low, worth.routes_high) as routes,
    left_open(
        'isolation', $pessimistic, $optimistic, worth.isolation, worth.isolation_low, worth.isolation_high
    ) = 'project' as by_project,
    left_open(
        'system', $pessimistic, $optimistic, worth.ends_system, worth.ends_system_low, worth.ends_system_high
    ) as ends_system,
    left_open(
        'misses', $pessimistic, $optimistic, missed.miss_rate, missed.miss_rate_low, missed.miss_rate_high
    ) as miss_rate,
    read_saves,
    write_5m_adds,
    write_1h_adds
from worth
inner join missed on missed.provider is not distinct from worth.provider and missed.model = worth.model
where
    entries <> 'none'
    and coalesce(read_saves > 0, known)
    and (known or not is_named('unknown', $pessimistic))
