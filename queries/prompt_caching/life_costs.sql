-- What the prompt cache of each request in a session cost, and would have cost with entries of five minutes or an hour.

with sold as (
    -- the newest prices of a short prompt, of models for which both lives have one
    select
        provider, model,
        max(cache_read_usd_mtok) as read_usd,
        max(cache_write_5m_usd_mtok) as write_5m_usd,
        max(cache_write_1h_usd_mtok) as write_1h_usd
    from prices
    where is_list_price(prices) and prompt_min = 0
    group by provider, model
    having read_usd is not null and write_1h_usd > write_5m_usd
),

turns as (
    select
        requests.request_id,
        requests.provider,
        prompt_of(requests) as prompt,
        requests.thread_id is not null or requests.branched as is_subagent,
        requests.session_id,
        requests.thread_id,
        requests.model,
        requests.ts,
        requests.cache_read_tokens,
        requests.cache_write_5m_tokens,
        requests.cache_write_1h_tokens,
        prompt_tokens(requests) as prompt_tokens,
        cached_tokens(requests) as cached_tokens,
        case
            when cache_write_1h_tokens > cache_write_5m_tokens then '1h'
            when cache_write_5m_tokens > 0 then '5m'
        end as life,
        sold.* exclude (provider, model)
    from requests
    inner join sold on sold.model = requests.model and sold.provider is not distinct from requests.provider
    where requests.session_id is not null and is_cacheable(requests)
),

follow as (
    -- next to what the call before in the same conversation with the same model left in the cache, and how long ago
    select
        *,
        epoch(ts) - epoch(lag(ts) over conversation) as pause_s,
        lag(prompt_tokens) over conversation as prompt_before,
        lag(cached_tokens) over conversation as held_tokens,
        last_value(life ignore nulls) over earlier as life_before
    from turns
    window
        conversation as (partition by provider, model, session_id, thread_id order by ts, request_id),
        earlier as (
            partition by provider, model, session_id, thread_id order by ts, request_id
            rows between unbounded preceding and 1 preceding
        )
),

decided as (
    select
        *,
        case
            when life_before = '5m'
                and pause_s > 300 + $slack_s
                and pause_s <= 3600 + $slack_s
                and prompt_tokens >= $rewritten_below * prompt_before
            then floor($kept * greatest(
                0, least(held_tokens - cache_read_tokens, written_tokens(follow))
            ))::bigint
            else 0
        end as regained_tokens,
        case when life_before = '1h' and pause_s > 300 + $slack_s then cache_read_tokens else 0 end as lost_tokens
    from follow
)

select
    request_id,
    provider,
    prompt,
    is_subagent,
    regained_tokens,
    lost_tokens,
    (
        cache_read_tokens * read_usd
        + cache_write_5m_tokens * write_5m_usd
        + cache_write_1h_tokens * write_1h_usd
    ) / 1e6 as recorded_usd,
    (
        (cache_read_tokens - lost_tokens) * read_usd
        + (written_tokens(decided) + lost_tokens) * write_5m_usd
    ) / 1e6 as usd_5m,
    (
        (cache_read_tokens + regained_tokens) * read_usd
        + (written_tokens(decided) - regained_tokens) * write_1h_usd
    ) / 1e6 as usd_1h
from decided
