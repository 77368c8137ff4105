-- batch-api: requests that can wait go through the provider's batch API
--
-- question: What would it have cost to send requests that can wait through the batch API at half price?
-- param features names = all: features whose requests can wait.
-- param task_types names = all: task types that can wait.
-- param tiers names = standard: service tiers whose requests can move.
-- param sessions choice(stay, move) = stay: what happens to the calls of a session with several, where neither features
--   nor task types are named: each is sent after the answer before it, so somebody or a program waits for it.
-- param deadline_hours float(0, inf) = none: hours from a request until its answer must be there; a request stays if
--   its answer is late with a probability above `late`. none: no deadline.
-- param late float(0, 1) = 0: largest share of answers that may come after the deadline.
-- param expired float(0, 1) = 0: share of the requests, 0 to 1, that are not answered within the vendor's window and
--   are sent again without a batch.
-- param window_s float(1, inf) = 3600: seconds for which requests are collected into one batch.
-- param cache_hits float(0, 1) = none: share, 0 to 1, of prompt cache reads that are still read inside a batch; none:
--   by vendor, see `caching`.
-- param caching choice(typical, least, most) = typical: which end of the vendors' range of cache reads is used, where
--   no vendor promises a share.
-- neutral: features=none
-- order: 70
-- reads: facts/batch_apis
-- needs: $sessions = 'move' or $features is not null or $task_types is not null or session_id is null
--   or count(*) over (partition by session_id) = 1: an answer that can wait, as none in a session of several calls can
-- needs: exists (select 1 from batch_apis where is_about(batch_apis, provider, model)): a provider whose batch API is
--   known
-- low: caching=least
-- high: caching=most
-- grid: features=all
-- summary: batches
-- assumes: batches cost what the price table says; a model without a batch price, or of a vendor without a batch API in
--   `queries/facts/batch_apis.toml`, stays.
-- assumes: half of the batches are answered within 7 minutes, 90% within the hour (one provider-side measurement of
--   230,000 batches) and all within the vendor's window, 24 h where it is unknown; logarithmic in time between these
--   points. The time starts at the end of the window in which a request came, when its batch is sent; the deadline
--   includes that wait, which is a whole window for a request that came first or has no time.
-- assumes: cache hits inside a batch are best effort: 30 to 98% on Anthropic, none on Bedrock, unknown elsewhere; the
--   middle is used by default, both ends as the range. What is no longer read is written again where the client sets
--   breakpoints (Claude, GPT-5.6 and later), else it is plain input; where a batch has no cache, writes are plain input
--   too.
-- assumes: only successful requests that no cache has answered can move; you decide which can wait, and by default
--   all can but those in sessions of several calls.
-- assumes: an expired request is not charged in the batch and then costs what it costs without one; no vendor publishes
--   how often that happens: never, unless `expired` says so. Azure's jobs do not expire.
-- assumes: the limits of a batch are in `queries/facts/batch_apis.toml`; a prompt takes four bytes a token.

with sold as (
    -- the models of the log with a batch price, and the days on which they have one
    select provider, model, min(valid_from) as first_day, max(coalesce(valid_to, date '9999-01-01')) as next_day
    from prices
    where
        service_tier = 'batch'
        and input_usd_mtok is not null
        and (provider, model) in (select (provider, model) from requests)
    group by provider, model
),

ruled as (
    -- the batch API of every model in the log: the first rule that matches
    select
        provider, model, cache_hits, misses_are_written, cache_hits_high = 0 as no_cache, window_hours, expires,
        first_day, next_day
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
            batch_apis.window_hours,
            batch_apis.expires,
            greatest(used.first_day, coalesce(batch_apis.valid_from, used.first_day)) as first_day,
            least(used.next_day, coalesce(batch_apis.valid_to, used.next_day)) as next_day,
            row_number() over (partition by used.provider, used.model order by batch_apis.place) as nearest
        from sold as used
        inner join batch_apis on is_about(batch_apis, used.provider, used.model)
    )
    where nearest = 1
),

waiting as (
    -- hours left before the deadline when the batch is sent
    select
        *,
        $deadline_hours
        - ($window_s - coalesce(epoch(ts) - floor(epoch(ts) / $window_s) * $window_s, 0)) / 3600 as hours_left,
        session_id is not null and count(*) over (partition by session_id) > 1 as is_awaited
    from requests
),

moving as (
    select
        waiting.* exclude (hours_left, is_awaited),
        ruled.misses_are_written,
        ruled.no_cache,
        floor(waiting.cache_read_tokens * case when ruled.no_cache then 0 else ruled.cache_hits end)::bigint
            as still_read_tokens,
        service_tier <> 'batch'
        and is_named(service_tier, $tiers)
        and status = 'ok'
        and answered_by <> 'cache'
        and ruled.provider is not null
        and coalesce(waiting.ts >= ruled.first_day and waiting.ts < ruled.next_day, true)
        and is_named(feature, $features)
        and is_named(task_type, $task_types)
        and ($sessions = 'move' or $features is not null or $task_types is not null or not is_awaited)
        and batch_late_share(hours_left, ruled.window_hours) <= $late
        -- requests that expire are the same in every replay
        and (not coalesce(ruled.expires, true) or hash(request_id) % 1000000 >= $expired * 1000000) as moves
    from waiting
    left join ruled on ruled.provider = waiting.provider and ruled.model = waiting.model
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
