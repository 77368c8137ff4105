-- prompt-caching: the replay of the prompt cache, compared with the log
--
-- question: How far is the replay's input-side cost from the logged one, by model, and how far may it be?
-- reads: facts/cache_misses
-- param ends_sd float = 3.29: standard deviations between the ends of a fact's range: 3.29 at 90%.
-- param found_share float(0, 1) = 0.6: share of a history, 0 to 1, below which a call that read less of it has missed it,
--   as the vendors' rates were counted.
-- assumes: relations logged, found, missed, low and high hold the same requests: as logged; replayed with every history
--   found and with none found; at the cheap and at the expensive end of the other assumptions.
-- assumes: a session's miss rate is that of the other sessions of its model or, where these are few, of all other
--   sessions; its own record is not used for its prediction or its range. Where all are few it is the vendor's, which
--   counts as many calls as would measure it as narrowly as its range.
-- assumes: a call has missed its history or has not, here as in the vendors' rates: what steps and boundaries cost of one
--   that was found is no miss.
-- assumes: misses come by the session. Their variance is that of single calls, or that between the other sessions of
--   the model where it is larger.

with compared as (
    select
        logged.provider,
        logged.model,
        coalesce(logged.session_id, logged.prompt_id, logged.feature) as session,
        logged.prompt_cost_usd as actual_usd,
        found.prompt_cost_usd as found_usd,
        low.prompt_cost_usd as low_usd,
        high.prompt_cost_usd as high_usd,
        missed.prompt_cost_usd - found.prompt_cost_usd as at_stake_usd,
        found.cache_read_tokens - missed.cache_read_tokens as at_stake_tokens,
        logged.cache_read_tokens < $found_share * found.cache_read_tokens as is_missed,
        found.cache_read_tokens + found.cache_write_tokens > 2 as replayed
    from logged
    inner join found on found.request_id = logged.request_id
    inner join missed on missed.request_id = logged.request_id
    inner join low on low.request_id = logged.request_id
    inner join high on high.request_id = logged.request_id
    where logged.prompt_cost_usd is not null
),

sessions as (
    select
        model,
        session,
        any_value(provider) as provider,
        count(*) as requests,
        bool_or(replayed) as replayed,
        exact_sum(actual_usd) as actual_usd,
        exact_sum(found_usd) as found_usd,
        exact_sum(low_usd) as low_usd,
        exact_sum(high_usd) as high_usd,
        exact_sum(at_stake_usd) as at_stake_usd,
        exact_sum(at_stake_usd * at_stake_usd) as at_stake_usd_squared,
        count(case when at_stake_tokens > 0 then 1 end) as at_stake_requests,
        coalesce(exact_sum(case when is_missed then at_stake_usd end), 0) as missed_usd
    from compared
    group by model, session
),

vendors as (
    -- the rate to start from; the end with most misses is the low one: there a cache saves least
    select
        model,
        assumed_rate,
        least_rate,
        most_rate,
        assumed_rate * (1 - assumed_rate) / power((most_rate - least_rate) / $ends_sd, 2) as assumed_calls
    from (
        select
            used.model,
            arg_min(miss_rate, cache_misses.place) as assumed_rate,
            arg_min(miss_rate_high, cache_misses.place) as least_rate,
            arg_min(miss_rate_low, cache_misses.place) as most_rate
        from (select model, any_value(provider) as provider from sessions group by model) as used
        inner join cache_misses on is_about(cache_misses, used.provider, used.model)
        group by used.model
    )
),

others as (
    select
        *,
        coalesce(assumed_calls * sum(at_stake_usd) over () / nullif(sum(at_stake_requests) over (), 0), 0)
            as assumed_usd,
        coalesce(
            assumed_calls * sum(at_stake_usd) over (partition by model)
            / nullif(sum(at_stake_requests) over (partition by model), 0), 0
        ) as model_assumed_usd,
        sum(missed_usd) over () - sum(missed_usd) over (partition by session) as all_missed_usd,
        sum(at_stake_usd) over () - sum(at_stake_usd) over (partition by session) as all_at_stake_usd,
        sum(missed_usd) over (partition by model) - missed_usd as model_missed_usd,
        sum(at_stake_usd) over (partition by model) - at_stake_usd as model_at_stake_usd
    from sessions
    inner join vendors using (model)
),

rated as (
    select
        *,
        coalesce(
            (model_missed_usd + model_assumed_usd * all_rate) / nullif(model_at_stake_usd + model_assumed_usd, 0),
            all_rate
        ) as rate,
        -- how much of the rate comes from the model's other sessions, for each dollar of theirs; the rest is assumed
        coalesce(1 / nullif(model_at_stake_usd + model_assumed_usd, 0), 0) as measured_per_usd
    from (
        select
            *,
            coalesce(
                (all_missed_usd + assumed_usd * assumed_rate) / nullif(all_at_stake_usd + assumed_usd, 0), assumed_rate
            ) as all_rate
        from others
    )
),

spread as (
    select
        *,
        -- between the other sessions, compared with single calls
        calls_variance * greatest(1, coalesce(
            (sum(off * off) over (partition by model) - off * off)
            / nullif(sum(calls_variance) over (partition by model) - calls_variance, 0), 1
        )) as missed_variance
    from (
        select
            *,
            missed_usd - rate * at_stake_usd as off,
            rate * (1 - rate) * at_stake_usd_squared as calls_variance
        from rated
    )
)

select
    model,
    sum(requests)::bigint as requests,
    exact_sum(actual_usd) as actual_usd,
    exact_sum(found_usd) as found_usd,
    exact_sum(low_usd) as low_usd,
    exact_sum(high_usd) as high_usd,
    exact_sum(at_stake_usd) as at_stake_usd,
    exact_sum(rate * at_stake_usd) as missed_usd,
    exact_sum(assumed_rate * at_stake_usd) as assumed_missed_usd,
    -- chance in which calls of these sessions miss, and the error of the rate, measured on the others
    exact_sum(missed_variance)
    * (1 + power(exact_sum(measured_per_usd * at_stake_usd), 2) * (count(*) - 1) / count(*)) as missed_variance,
    exact_sum((1 - measured_per_usd * model_at_stake_usd) * (assumed_rate - least_rate) * at_stake_usd)
        as fewer_missed_usd,
    exact_sum((1 - measured_per_usd * model_at_stake_usd) * (most_rate - assumed_rate) * at_stake_usd)
        as more_missed_usd
from spread
group by model
having bool_or(replayed)
order by actual_usd desc, model
