-- beginning-below-cache-minimum: a shared beginning that is slightly too short to be cached
--
-- question: Which prompts share a beginning shorter than their model caches, where lengthening it would pay off?
-- severity: info
-- dollars: what a cache would save if the beginning were as long as the shortest one that is cached
-- advice: lengthen the shared part, for example with examples that help anyway, then mark it for caching
-- reads: facts/prompt_caches
-- param least_requests int = 10: requests needed to show a habit.
-- param examples int = 5: how many request ids to list.
-- assumes: the shortest cached prefix and the life of an idle entry follow the vendor's rule on the newest day of the
--   log, as shown by `llmcost prices MODEL --cache`; the life is five minutes where the client chooses it.
-- assumes: with a beginning of L tokens, a minimum of M, reads at r and writes at w times the input price, and N
--   requests for each write, lengthening pays off where L > M·(r + (w − r)/N); the added tokens change nothing else.
-- assumes: the shared part is the longest beginning that at least `least_requests` requests have in common.

with ratios as (
    select
        provider, model,
        max(cache_read_usd_mtok / input_usd_mtok) as read_price,
        max(greatest(coalesce(cache_write_5m_usd_mtok / input_usd_mtok, 1), 1)) as write_price
    from prices
    where is_list_price(prices) and input_usd_mtok > 0
    group by provider, model
    having max(cache_read_usd_mtok / input_usd_mtok) < 1
),

used as (
    select provider, model, max(ts)::date as day
    from priced
    where ts is not null and model is not null and prefix is not null
    group by provider, model
),

caches as (
    -- the first matching rule counts
    select
        provider, model, entries, min_tokens,
        coalesce(life_s, 300) as life_s,
        case when writes_charged then write_price else 1 end as write_price,
        read_price
    from (
        select
            used.provider, used.model, ratios.read_price, ratios.write_price, prompt_caches.known,
            prompt_caches.entries, prompt_caches.min_tokens, prompt_caches.writes_charged, prompt_caches.life_s,
            row_number() over (partition by used.provider, used.model order by prompt_caches.place) as nearest
        from used
        inner join ratios on ratios.provider is not distinct from used.provider and ratios.model = used.model
        inner join prompt_caches
            on is_about(prompt_caches, used.provider, used.model)
            and coalesce(prompt_caches.valid_from <= used.day, true)
            and coalesce(prompt_caches.valid_to > used.day, true)
    )
    where nearest = 1 and known and entries <> 'none'
),

sendable as (
    select
        priced.request_id, priced.ts, priced.provider, priced.model,
        coalesce(priced.prompt_id, priced.feature, 'unattributed') as subject,
        priced.input_cost_usd / priced.input_tokens as usd_per_token,
        caches.min_tokens, caches.life_s, caches.read_price, caches.write_price,
        priced.prefix
    from priced
    inner join caches on caches.provider is not distinct from priced.provider and caches.model = priced.model
    where
        is_cacheable(priced)
        and priced.input_cost_usd > 0
        and cached_tokens(priced) = 0
),

sent as (
    select request_id, provider, model, unnest(prefix) as block
    from sendable
),

in_common as (
    select provider, model, block.hash as beginning
    from sent
    group by provider, model, block.hash
    having count(*) >= $least_requests
),

longest as (
    -- the longest beginning of a request that others share
    select
        sent.request_id,
        max(struct_pack(tokens := sent.block.tokens, beginning := sent.block.hash)) as shared
    from sent
    inner join in_common
        on in_common.provider is not distinct from sent.provider
        and in_common.model = sent.model
        and in_common.beginning = sent.block.hash
    group by sent.request_id
),

shared as (
    select sendable.* exclude (prefix), longest.shared.beginning as beginning, longest.shared.tokens as tokens
    from sendable
    inner join longest on longest.request_id = sendable.request_id
    where longest.shared.tokens < sendable.min_tokens
),

spaced as (
    select
        *,
        coalesce(
            epoch(ts) - epoch(lag(ts) over (partition by provider, model, beginning order by ts, request_id)) <= life_s,
            false
        ) as is_read
    from shared
),

found as (
    select
        subject, model, min_tokens,
        min(tokens) as tokens,
        count(*) as requests,
        exact_sum(
            usd_per_token * (tokens - min_tokens * case when is_read then read_price else write_price end)
        ) as cost_usd,
        list(request_id order by usd_per_token desc, request_id)[1:$examples] as example_request_ids
    from spaced
    group by provider, subject, model, beginning, min_tokens
)

select
    subject,
    sum(requests)::bigint as requests,
    exact_sum(cost_usd) as cost_usd,
    format('{:,} tokens in common, ', min(tokens)) || format('cached from {:,}', min(min_tokens)) || ', on ' || model
        as detail,
    flatten(list(example_request_ids order by cost_usd desc))[1:$examples] as example_request_ids
from found
where cost_usd > 0
group by subject, model
order by cost_usd desc, subject, model
