-- batch-api: requests that can wait go through the provider's batch API
--
-- question: What would it have cost to send requests that can wait through the batch API at half price?
-- param features names = all: features whose requests can wait.
-- param task_types names = all: task types that can wait.
-- param tiers names = standard: service tiers whose requests can move.
-- param deadline_hours float(0, inf) = none: hours from a request until its answer must be there; a request stays if
--   its answer is late with a probability above `late`. none: no deadline.
-- param late float(0, 1) = 0: largest share of answers that may come after the deadline.
-- param window_s float(1, inf) = 3600: seconds for which requests are collected into one batch.
-- param cache_hits float(0, 1) = none: share, 0 to 1, of prompt cache reads that are still read inside a batch; none:
--   by vendor, see `caching`.
-- param caching choice(typical, least, most) = typical: which end of the vendors' range of cache reads is used, where
--   no vendor promises a share.
-- neutral: features=none
-- order: 70
-- reads: facts/batch_apis
-- needs: exists (select 1 from batch_apis where regexp_matches(coalesce(provider, ''), hosts) and regexp_matches(replace(
--   lower(coalesce(model, '')), '.', '-'), models)): a provider whose batch API is known
-- low: caching=least
-- high: caching=most
-- grid: features=all
-- summary: batches
-- assumes: batches cost what the price table says; a model without a batch price, or of a vendor without a batch API in
--   `queries/facts/batch_apis.toml`, stays.
-- assumes: half of the batches are answered within 7 minutes, 90 % within the hour (one provider-side measurement of
--   230,000 batches) and all within 24 h, logarithmic in time between these points. The time starts at the end of the
--   window in which a request came, when its batch is sent; the deadline includes that wait, which is a whole window
--   for a request that came first or has no time.
-- assumes: cache hits inside a batch are best effort: 30 to 98 % on Anthropic, none on Bedrock, unknown elsewhere; the
--   middle is used by default, both ends as the range. What is no longer read is written again where the client sets
--   breakpoints (Claude, GPT-5.6 and later), else it is plain input; where a batch has no cache, writes are plain input
--   too.
-- assumes: only successful requests that no cache has answered can move; you decide which can wait, and by default all
--   can.
-- assumes: a batch holds 100,000 requests or 256 MB at Anthropic, 50,000 or 200 MB at OpenAI, four bytes a token.

with ruled as (
    -- the batch API of every model in the log: the first rule that matches
    select provider, model, cache_hits, misses_are_written, cache_hits_high = 0 as no_cache
    from (
        select
            used.provider,
            used.model,
            coalesce($cache_hits, case $caching
                when 'least' then batch_apis.cache_hits_low
                when 'most' then batch_apis.cache_hits_high
                else batch_apis.cache_hits
            end) as cache_hits,
            batch_apis.cache_hits_high,
            batch_apis.misses_are_written,
            row_number() over (partition by used.provider, used.model order by batch_apis.place) as nearest
        from (select distinct provider, model from requests) as used
        inner join batch_apis
            on regexp_matches(used.provider, batch_apis.hosts)
            and regexp_matches(replace(lower(used.model), '.', '-'), batch_apis.models)
        where exists (
            select 1
            from prices
            where prices.service_tier = 'batch' and prices.provider = used.provider and prices.model = used.model
        )
    )
    where nearest = 1
),

waiting as (
    -- hours left before the deadline when the batch is sent
    select
        *,
        $deadline_hours
        - ($window_s - coalesce(epoch(ts) - floor(epoch(ts) / $window_s) * $window_s, 0)) / 3600 as hours_left
    from requests
),

promised as (
    -- the probability that the answer is late, by the measured distribution
    select
        *,
        case
            when hours_left is null or hours_left >= 24 then 0.0
            when hours_left >= 1 then 0.1 - 0.1 * ln(hours_left) / ln(24)
            when hours_left >= 7 / 60.0 then 0.5 - 0.4 * ln(hours_left * 60 / 7) / ln(60 / 7.0)
            when hours_left > 0 then 1 - 0.5 * hours_left * 60 / 7
            else 1.0
        end as late_share
    from waiting
),

moving as (
    select
        promised.* exclude (hours_left, late_share),
        ruled.misses_are_written,
        ruled.no_cache,
        floor(promised.cache_read_tokens * case when ruled.no_cache then 0 else ruled.cache_hits end)::bigint
            as still_read_tokens,
        service_tier <> 'batch'
        and is_named(service_tier, $tiers)
        and status = 'ok'
        and answered_by <> 'cache'
        and ruled.provider is not null
        and is_named(feature, $features)
        and is_named(task_type, $task_types)
        and late_share <= $late as moves
    from promised
    left join ruled on ruled.provider = promised.provider and ruled.model = promised.model
),

sorted_out as (
    -- a miss is written again with the life of the request's other writes, or is plain input
    select
        *,
        case when moves then cache_read_tokens - still_read_tokens else 0 end as missed_tokens,
        case when moves and no_cache then written_tokens(moving) else 0 end as unwritten_tokens,
        case
            when not misses_are_written or no_cache then 'input'
            when cache_write_1h_tokens > cache_write_5m_tokens then '1h'
            else '5m'
        end as missed_as
    from moving
)

select
    * exclude (moves, misses_are_written, no_cache, still_read_tokens, missed_tokens, unwritten_tokens, missed_as)
    replace (
        case when moves then 'batch' else service_tier end as service_tier,
        input_tokens + unwritten_tokens + case when missed_as = 'input' then missed_tokens else 0 end as input_tokens,
        cache_read_tokens - missed_tokens as cache_read_tokens,
        case
            when unwritten_tokens > 0 then 0
            when missed_as = '5m' then cache_write_5m_tokens + missed_tokens
            else cache_write_5m_tokens
        end as cache_write_5m_tokens,
        case
            when unwritten_tokens > 0 then 0
            when missed_as = '1h' then cache_write_1h_tokens + missed_tokens
            else cache_write_1h_tokens
        end as cache_write_1h_tokens,
        case when moves then null else latency_ms end as latency_ms,
        case when moves then null else ttft_ms end as ttft_ms
    )
from sorted_out
