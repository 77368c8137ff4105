-- Every request with the rules of its model's cache and what a replay needs to know of it, if it is replayed; for ttl=auto
-- once for each life. `ttl` is null for a request that stays as it is.
-- inlined: its rows are wide, and are read twice

with lives as (
    select *
    from (values ('provider', null), ('5m', 300), ('1h', 3600), ('recorded', null), ('endless', 1000000000))
        as life (ttl, seconds)
),

prices_now as (
    -- What a token read or written saves or costs beside plain input, at the newest price of a short prompt.
    select
        provider, model,
        max(input_usd_mtok - cache_read_usd_mtok) as read_saves,
        max(cache_write_5m_usd_mtok - input_usd_mtok) as write_5m_adds,
        max(cache_write_1h_usd_mtok - input_usd_mtok) as write_1h_adds
    from prices
    where service_tier = 'standard' and region = '' and valid_to is null and prompt_min = 0
    group by provider, model
),

replayed_caches as (
    -- The caches with the lives to replay: one, or two for ttl=auto.
    select
        caches.* exclude (life_s),
        lives.ttl,
        coalesce(lives.seconds, caches.life_s) as life_s,
        prices_now.read_saves,
        case when lives.ttl = '1h' then prices_now.write_1h_adds else prices_now.write_5m_adds end as write_adds
    from caches
    left join prices_now on prices_now.provider = caches.provider and prices_now.model = caches.model
    inner join lives
        on lives.ttl = case
            when not caches.client_sets_life and $ttl <> 'endless' then 'provider'
            when $ttl = 'auto' and lives.ttl = '1h' then '1h'
            when $ttl = 'auto' then '5m'
            else $ttl
        end
    where coalesce(prices_now.read_saves > 0, true)
),

conversations as (
    -- What is kept or replayed as a whole: a session, else a prompt, else a feature.
    select
        hash(provider, model, coalesce('session ' || session_id, 'prompt ' || prompt_id, 'feature ' || feature))
            as conversation,
        sum(cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens) > 0 as caches_already,
        sum(cache_write_1h_tokens) > sum(cache_write_5m_tokens) as mostly_1h,
        count(session_id) > 1 as several_turns
    from requests
    group by conversation
),

cacheable as not materialized (
    -- Every request with the rules of its model's cache, if it is replayed; for ttl=auto once for each life.
    select
        requests.*,
        cache.* exclude (provider, model, first_day, next_day, life_s, by_project),
        hash(requests.request_id, cache.ttl) as call_id,
        hash(
            requests.provider, requests.model, case when cache.by_project then requests.project end, cache.ttl
        ) as cache_id,
        hash(
            requests.provider, requests.model,
            coalesce('prompt ' || requests.prompt_id, 'feature ' || requests.feature, requests.project)
        ) as prompt,
        -- requests that can share an entry have the first block in common that is long enough to be one
        hash(
            requests.provider, requests.model, case when cache.by_project then requests.project end,
            case
                when $ttl = 'auto'
                    then list_filter(requests.prefix, lambda block: block.tokens >= cache.min_tokens)[1].hash
            end
        ) as beginning,
        requests.input_tokens + requests.cache_read_tokens + requests.cache_write_5m_tokens
        + requests.cache_write_1h_tokens as prompt_tokens,
        epoch_us(requests.ts) as sent_us,
        epoch_us(requests.ts)
        + cast(1000 * coalesce(requests.ttft_ms, least(requests.latency_ms, $ttft_ms), $ttft_ms) as bigint) as begun_us,
        cast(case
            when cache.ttl <> 'recorded' then cache.life_s
            when requests.cache_write_1h_tokens > 0 then 3600
            when requests.cache_write_5m_tokens > 0 or not conversations.mostly_1h then 300
            else 3600
        end as bigint) as life_s,
        case
            when not cache.client_sets_life then 'last'
            when $breakpoint <> 'auto' then $breakpoint
            when conversations.several_turns then 'last'
            else 'system'
        end as reach
    from requests
    inner join conversations
        on conversations.conversation = hash(
            requests.provider,
            requests.model,
            coalesce(
                'session ' || requests.session_id, 'prompt ' || requests.prompt_id, 'feature ' || requests.feature
            )
        )
    left join replayed_caches as cache
        on cache.provider is not distinct from requests.provider
        and cache.model = requests.model
        and cache.first_day <= requests.ts
        and (cache.next_day is null or cache.next_day > requests.ts)
        and requests.status = 'ok'
        and requests.calls = 1
        and requests.ts is not null
        and (len(requests.prefix) > 0 or requests.session_id is not null)
        and requests.service_tier is distinct from 'batch'
        and ($recorded = 'replay' or not conversations.caches_already)
        and ($automatic = 'replay' or cache.client_sets_life)
)

select
    *,
    case
        when reach = 'last' or system_blocks is null then len(prefix)
        when reach = 'system' then least(system_blocks, len(prefix))
        when least(system_blocks, len(prefix)) > 1 then 1
        else 0
    end as upto_block
from cacheable
