-- Every request with the rules of its model's cache and what the replay needs, once for each way to cache that is
-- replayed. `ttl` is null for a request that is not replayed.
-- inlined: its rows are wide and read twice

with lives as (
    select *
    from (values ('provider', null), ('5m', 300), ('1h', 3600), ('recorded', null), ('endless', 1000000000))
        as life (ttl, seconds)
),

placements as (select * from (values ('implicit'), ('tools'), ('system'), ('explicit')) as placed (placement)),

chosen as (
    -- Of a model with two caches that which the placement asks for, or both to find the cheaper; what is common to both
    -- tells which requests choose together.
    select *
    from (
        select
            *,
            bool_or(marked) over of_model as has_marked,
            bool_or(not marked) over of_model as has_automatic,
            min(min_tokens) over of_model as beginning_tokens,
            bool_and(by_project) over of_model as beginning_by_project,
            bool_and(keys is not null) over of_model as beginning_by_key
        from caches
        window of_model as (partition by provider, model, first_day)
    )
    where case
        when $breakpoints = 'best' then true
        when $breakpoints in ('explicit', 'tools', 'system') then marked or not has_marked
        else not (marked and has_automatic)
    end
),

ways as (
    -- The caches with the lives and placements to replay: one, or all of them to find the cheapest.
    select
        caches.* exclude (life_s, write_5m_adds, write_1h_adds, has_marked, has_automatic),
        lives.ttl,
        placements.placement,
        lives.ttl || coalesce(' ' || placements.placement, '') as way,
        min(lives.ttl || coalesce(' ' || placements.placement, ''))
            over (partition by caches.provider, caches.model, caches.first_day) as first_way,
        case when lives.ttl = 'endless' then lives.seconds else least(lives.seconds, caches.life_s) end as life_s,
        case when lives.ttl = '1h' then caches.write_1h_adds else caches.write_5m_adds end as write_adds
    from chosen as caches
    inner join lives
        on lives.ttl = case
            when not caches.client_sets_life and $ttl <> 'endless' then 'provider'
            when $ttl = 'auto' and lives.ttl = '1h' then '1h'
            when $ttl = 'auto' then '5m'
            else $ttl
        end
    left join placements
        on $breakpoints = 'best'
        and case
            -- implicit is the cache that needs no mark, where there is one
            when caches.has_marked and caches.has_automatic then caches.marked = (placements.placement <> 'implicit')
            -- where entries end at messages, none can end at the tools
            when caches.entries = 'messages' then placements.placement <> 'tools'
            else caches.entries = 'breakpoints'
        end
),

conversations as (
    -- What is kept or replayed as a whole: a session, else a prompt, else a feature.
    select
        hash(provider, model, coalesce('session ' || session_id, 'prompt ' || prompt_id, 'feature ' || feature))
            as conversation,
        sum(cached_tokens(requests)) > 0 as caches_already,
        sum(cache_write_1h_tokens) > sum(cache_write_5m_tokens) as mostly_1h,
        count(session_id) > 1 as several_turns
    from requests
    group by conversation
),

cacheable as not materialized (
    -- Every request with the rules of its model's cache, once for each way to cache it.
    select
        requests.*,
        cache.* exclude (
            provider, model, first_day, next_day, life_s, life_in_memory_s, by_project, by_tier, keys, promised,
            placement, routed_s, routes, beginning_tokens, beginning_by_project, beginning_by_key
        ),
        hash(requests.request_id, cache.way) as call_id,
        hash(
            requests.provider, requests.model, requests.organisation,
            -- where the log has the cache key, projects need not be separated
            case
                when cache.keys is not null and requests.cache_key is not null then 'key ' || requests.cache_key
                when cache.by_project then requests.project
            end,
            cache.way,
            case when cache.by_tier then requests.service_tier end,
            -- a gateway keeps a conversation with one of several providers; which one the log may say
            case
                when cache.routes > 1 and requests.organisation is null
                then hash(coalesce(
                    requests.session_id, requests.prefix[coalesce(requests.system_blocks, 0) + 1].hash, requests.request_id
                )) % cache.routes
            end
        ) as cache_id,
        hash(
            requests.provider, requests.model,
            coalesce('prompt ' || requests.prompt_id, 'feature ' || requests.feature, requests.project)
        ) as prompt,
        -- requests that share an entry have the same first block that is long enough for one
        hash(
            requests.provider, requests.model, requests.organisation,
            case
                when cache.beginning_by_key and requests.cache_key is not null then 'key ' || requests.cache_key
                when cache.beginning_by_project then requests.project
            end,
            case
                when $ttl = 'auto' or $breakpoints = 'best'
                    then list_filter(requests.prefix, lambda block: block.tokens >= cache.beginning_tokens)[1].hash
            end
        ) as beginning,
        prompt_tokens(requests) as prompt_tokens,
        cached_tokens(requests) as logged_tokens,  -- read or written, as logged
        epoch_us(requests.ts) as sent_us,
        epoch_us(requests.ts)
        + (1000 * coalesce(requests.ttft_ms, least(requests.latency_ms, $ttft_ms), $ttft_ms))::bigint as begun_us,
        cache.ttl = '1h' or (cache.ttl = 'recorded' and (
            requests.cache_write_1h_tokens > 0 or (requests.cache_write_5m_tokens = 0 and conversations.mostly_1h)
        )) as writes_1h,
        least(case
            when cache.ttl = 'provider' and requests.cache_retention = 'in_memory'
                then coalesce(cache.life_in_memory_s, cache.life_s)
            when cache.ttl <> 'recorded' then cache.life_s
            when writes_1h then 3600
            else 300
        end, case when cache.ttl <> 'endless' and requests.organisation is null then cache.routed_s end)::bigint as life_s,
        case
            when cache.entries not in ('breakpoints', 'messages') then 'implicit'
            when cache.placement is not null then cache.placement
            when $breakpoints <> 'auto' then $breakpoints
            when cache.entries = 'messages' then 'implicit'
            when conversations.several_turns then 'explicit'
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
    left join ways as cache
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
        and ($automatic = 'replay' or cache.promised)
        and not coalesce(cache.keys = 'needed' and requests.cache_key = '', false)
)

select
    * exclude (logged_tokens),
    -- entries end where prompts did, and after answers; at fixed intervals as well they are in effect everywhere
    coalesce(entries = 'units', false) and not is_named('steps', $optimistic) as units,
    coalesce(entries = 'units', false) and not is_named('answers', $pessimistic) as answered,
    case
        when reach = 'as-logged'
            then len(list_filter(prefix, lambda block: block.tokens <= logged_tokens))
        when reach in ('implicit', 'explicit') or system_blocks is null then len(prefix)
        when reach = 'system' then least(system_blocks, len(prefix))
        when entries = 'breakpoints' and least(system_blocks, len(prefix)) > 1 then 1
        else 0
    end as upto_block
from cacheable
