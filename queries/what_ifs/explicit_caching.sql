-- explicit-caching: what prompts share is kept in a cache that is paid by tokens and hours
--
-- question: What would it cost to keep shared beginnings in an explicit cache, which charges for storage?
-- param features names = all: the features whose prompts are kept.
-- param life_s float(1, inf) = none: seconds for which an idle cache is kept; none takes the cheapest of 5 and 15 minutes,
--   1, 6 and 24 hours for each beginning.
-- neutral: features=none
-- rows: adds
-- needs: prefix is not null and ts is not null: a time, and the hashes of its prompt's blocks
-- needs: (coalesce(provider, ''), model) in (select (coalesce(provider, ''), model) from prices where tools_usd[
--   'cache_token_hours'] is not null): a model whose storage has a price
-- reads: facts/prompt_caches
-- assumes: a cache holds the system prompt's blocks, else the first block; it costs them as input when it is made and as
--   cached tokens in every request that uses it, the first too (ai.google.dev/gemini-api/docs/caching).
-- assumes: storage is paid from the moment a cache is made until its life after the last use has passed: every use extends
--   it. The prices of storage are in the price table, as the tool cache_token_hours.
-- assumes: a beginning is kept only where that costs less than the requests as they are, caches that they read included,
--   and from the shortest prompt on that the vendor caches.
-- assumes: errors, requests without a time, of a batch and a provider's aggregates stay as they are.

with used as (
    select provider, model, max(ts)::date as last_day
    from requests
    where model is not null and ts is not null
    group by provider, model
),

stored as (
    -- what a life is chosen by: the prices of a short prompt on the newest day of the log
    select
        used.provider, used.model,
        max(prices.input_usd_mtok) / 1e6 as input_usd,
        max(prices.cache_read_usd_mtok) / 1e6 as read_usd,
        max(prices.tools_usd['cache_token_hours']) as token_hour_usd
    from used
    inner join prices on prices.provider is not distinct from used.provider and prices.model = used.model
    where
        prices.service_tier = 'standard'
        and prices.region = ''
        and prices.prompt_min = 0
        and prices.valid_from <= used.last_day
        and coalesce(prices.valid_to > used.last_day, true)
        and prices.tools_usd['cache_token_hours'] is not null
    group by used.provider, used.model
),

kinds as (
    -- of several rules that match, the first counts
    select * exclude (nearest)
    from (
        select
            stored.*, prompt_caches.min_tokens,
            row_number() over (partition by stored.provider, stored.model order by prompt_caches.place) as nearest
        from stored
        inner join prompt_caches on is_about(prompt_caches, stored.provider, stored.model)
        where prompt_caches.valid_to is null
    )
    where nearest = 1
),

begun as (
    select
        requests.request_id,
        requests.ts,
        least(requests.cache_read_tokens, requests.prefix[greatest(coalesce(requests.system_blocks, 1), 1)].tokens)
            as read_already,
        requests.prefix[greatest(coalesce(requests.system_blocks, 1), 1)].tokens as tokens,
        hash(
            requests.provider, requests.model, requests.organisation, requests.project,
            requests.prefix[greatest(coalesce(requests.system_blocks, 1), 1)].hash
        ) as beginning,
        prompt_tokens(requests) as whole_tokens,
        kinds.* exclude (provider, model)
    from requests
    inner join kinds on kinds.provider is not distinct from requests.provider and kinds.model = requests.model
    where
        is_cacheable(requests)
        and requests.answered_by <> 'cache'
        and is_named(requests.feature, $features)
),

spaced as (
    select
        *,
        epoch(ts) - epoch(lag(ts) over uses) as since_s,
        epoch(lead(ts) over uses) - epoch(ts) as idle_s
    from begun
    where tokens >= min_tokens and tokens <= whole_tokens
    window uses as (partition by beginning order by ts, request_id)
),

lives as (
    select unnest(case when $life_s is null then [300.0, 900.0, 3600.0, 21600.0, 86400.0] else [$life_s::double] end)
        as life_s
),

kept as (
    select
        spaced.*,
        lives.life_s,
        coalesce(since_s > lives.life_s, true) as is_made,
        round(tokens * least(coalesce(idle_s, lives.life_s), lives.life_s) / 3600)::bigint as token_hours
    from spaced
    cross join lives
),

costs as (
    select
        beginning, life_s,
        exact_sum(
            case when is_made then tokens * input_usd else 0 end
            + token_hours * token_hour_usd
            - (tokens - read_already) * (input_usd - read_usd)
        ) as adds_usd
    from kept
    group by beginning, life_s
),

cheapest as (
    select beginning, arg_min(life_s, (adds_usd, life_s)) as life_s
    from costs
    where adds_usd < 0
    group by beginning
),

chosen as (
    select kept.request_id, kept.tokens, kept.read_already, kept.is_made, kept.token_hours
    from kept
    inner join cheapest on cheapest.beginning = kept.beginning and cheapest.life_s = kept.life_s
),

with_making as (
    -- the call that makes a cache is a separate row, sent with the first request that uses it
    select
        requests.*, chosen.tokens, chosen.read_already, chosen.token_hours, chosen.request_id is not null as is_kept,
        unnest(case when chosen.is_made then [false, true] else [false] end) as makes
    from requests
    left join chosen on chosen.request_id = requests.request_id
)

select
    * exclude (tokens, read_already, token_hours, is_kept, makes) replace (
        case when makes then 'cache-' || request_id else request_id end as request_id,
        case when makes then request_id else added_to end as added_to,
        case
            when makes then tokens
            when is_kept then input_tokens - (tokens - read_already)
            else input_tokens
        end as input_tokens,
        case
            when makes then 0
            when is_kept then cache_read_tokens + (tokens - read_already)
            else cache_read_tokens
        end as cache_read_tokens,
        case when makes then 0 else cache_write_5m_tokens end as cache_write_5m_tokens,
        case when makes then 0 else cache_write_1h_tokens end as cache_write_1h_tokens,
        case when makes then 0 else output_tokens end as output_tokens,
        case when not makes then reasoning_tokens end as reasoning_tokens,
        case when not makes then input_audio_tokens end as input_audio_tokens,
        case when not makes then input_image_tokens end as input_image_tokens,
        case when not makes then input_video_tokens end as input_video_tokens,
        case when not makes then cache_read_audio_tokens end as cache_read_audio_tokens,
        case when not makes then cache_read_image_tokens end as cache_read_image_tokens,
        case when not makes then output_audio_tokens end as output_audio_tokens,
        case when not makes then output_image_tokens end as output_image_tokens,
        case when not makes then output_video_tokens end as output_video_tokens,
        case when makes then 0 else web_searches end as web_searches,
        case when makes then 0 else requests_answered end as requests_answered,
        case when not makes then output_used_tokens end as output_used_tokens,
        case when not makes then output_hash end as output_hash,
        case when not makes then prompt_hash end as prompt_hash,
        case when not makes then prefix end as prefix,
        case when not makes then system_blocks end as system_blocks,
        case when not makes then cost_logged_usd end as cost_logged_usd,
        case when not makes then latency_ms end as latency_ms,
        case when not makes then ttft_ms end as ttft_ms,
        case
            when makes then null
            when token_hours > 0
                then map_concat(coalesce(tools, map {}), map {'cache_token_hours': token_hours})
            else tools
        end as tools
    )
from with_making
