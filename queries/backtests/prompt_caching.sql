-- prompt-caching: the replay of the prompt cache, compared with the log
--
-- question: How far is the replay's input-side cost from the logged one, by model?
-- param assumed_rate float = 0.005: miss rate, 0 to 1, assumed before any is measured.
-- param assumed_calls int = 200: calls that the assumed rate counts as, against the measured ones.
-- assumes: relations logged, found, missed, low and high hold the same requests: as logged; replayed with every history
--   found and with none found; at the cheap and at the expensive end of the assumptions.
-- assumes: a session's miss rate is that of the other sessions of its model or, where these are few, of all other
--   sessions; its own record is not used for its prediction.

with compared as (
    select
        logged.model,
        coalesce(logged.session_id, logged.prompt_id, logged.feature) as session,
        logged.prompt_cost_usd as actual_usd,
        found.prompt_cost_usd as found_usd,
        low.prompt_cost_usd as low_usd,
        high.prompt_cost_usd as high_usd,
        missed.prompt_cost_usd - found.prompt_cost_usd as at_stake_usd,
        found.cache_read_tokens - missed.cache_read_tokens as at_stake_tokens,
        found.cache_read_tokens - logged.cache_read_tokens as not_read_tokens,
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
        count(*) as requests,
        bool_or(replayed) as replayed,
        exact_sum(actual_usd) as actual_usd,
        exact_sum(found_usd) as found_usd,
        exact_sum(low_usd) as low_usd,
        exact_sum(high_usd) as high_usd,
        exact_sum(at_stake_usd) as at_stake_usd,
        exact_sum(at_stake_usd * at_stake_usd) as at_stake_usd_squared,
        count(case when at_stake_tokens > 0 then 1 end) as at_stake_requests,
        coalesce(exact_sum(
            at_stake_usd * greatest(least(not_read_tokens, at_stake_tokens), 0) / nullif(at_stake_tokens, 0)
        ), 0) as missed_usd
    from compared
    group by model, session
),

others as (
    select
        *,
        coalesce($assumed_calls * sum(at_stake_usd) over () / nullif(sum(at_stake_requests) over (), 0), 0)
            as assumed_usd,
        coalesce(
            $assumed_calls * sum(at_stake_usd) over (partition by model)
            / nullif(sum(at_stake_requests) over (partition by model), 0), 0
        ) as model_assumed_usd,
        sum(missed_usd) over () - sum(missed_usd) over (partition by session) as all_missed_usd,
        sum(at_stake_usd) over () - sum(at_stake_usd) over (partition by session) as all_at_stake_usd,
        sum(missed_usd) over (partition by model) - missed_usd as model_missed_usd,
        sum(at_stake_usd) over (partition by model) - at_stake_usd as model_at_stake_usd
    from sessions
),

rated as (
    select
        *,
        coalesce(
            (model_missed_usd + model_assumed_usd * all_rate) / nullif(model_at_stake_usd + model_assumed_usd, 0),
            all_rate
        ) as rate
    from (
        select
            *,
            coalesce(
                (all_missed_usd + assumed_usd * $assumed_rate) / nullif(all_at_stake_usd + assumed_usd, 0), $assumed_rate
            ) as all_rate
        from others
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
    exact_sum(rate * (1 - rate) * at_stake_usd_squared) as missed_variance
from rated
group by model
having bool_or(replayed)
order by actual_usd desc, model
