-- batch-api: work that can wait goes through the provider's batch API
--
-- question: What would it have cost had the requests that can wait gone through the batch API at half price?
-- param features names = all: the features whose requests can wait.
-- param task_types names = all: the task types that can wait.
-- param tiers names = standard: the service tiers whose requests can move.
-- param deadline_hours float(0, inf) = none: hours from a request within which its answer must be there; a request of
--   which the answer is more likely than `late` to come later stays. none: whenever it comes.
-- param late float(0, 1) = 0: share of the answers that may come after the deadline.
-- param expired float(0, 1) = 0: share of the requests, 0 to 1, that are not answered within the vendor's window and are
--   sent again outside a batch.
-- param window_s float(1, inf) = 3600: seconds for which requests are collected into one batch.
-- param cache_hits float(0, 1) = none: share, 0 to 1, of tokens read from a prompt cache that are still read inside a
--   batch; none: by vendor, see `caching`.
-- param caching choice(typical, least, most) = typical: which share of the reads the vendors' rules give, where nobody
--   promises one.
-- neutral: features=none
-- order: 70
-- reads: facts/batch_apis
-- needs: exists (select 1 from batch_apis where is_about(batch_apis, provider, model)): a provider whose batch API is
--   known
-- low: caching=least
-- high: caching=most
-- grid: features=all
-- summary: batches
-- assumes: batches cost what the price table says of them; a model without a batch price there, or of a vendor without a
--   batch API in `queries/facts/batch_apis.toml`, stays.
-- assumes: answers come within 7 minutes for half of the batches and within the hour for 90 % (one provider-side measure
--   of 230,000 batches), all within the vendor's window, 24 h where none is known; between these points as the logarithm
--   of the time. They count from the end of the window in which a request came, when its batch is sent: until then it
--   waits, the whole window where it came first or without a time, and the deadline counts that wait.
-- assumes: cache hits inside a batch are best effort: 30 to 98 % on Anthropic, none on Bedrock, unknown elsewhere: the
--   middle by default, both ends as the range. What is no longer read is written again where the client has set a
--   breakpoint (Claude, GPT-5.6 and later), else it is plain input; where a batch has no cache, so is what was written.
-- assumes: only requests that ended well, and that no cache has answered, can move; which of them can wait is yours to
--   say, and by default all are taken to.
-- assumes: what expires is not charged, and then costs what it costs outside a batch; how often that happens nobody
--   publishes: never, unless `expired` says so. Azure's jobs do not expire.
-- assumes: what a batch may hold is in `queries/facts/batch_apis.toml`; a prompt takes four bytes a token.

with sold as (
    -- the models of the log that have a batch price, and the days from the first on which they have one
    select provider, model, min(valid_from) as first_day, max(coalesce(valid_to, date '9999-01-01')) as next_day
    from prices
    where
        service_tier = 'batch'
        and input_usd_mtok is not null
        and (provider, model) in (select (provider, model) from requests)
    group by provider, model
),

ruled as (
    -- the batch API of every model in the log: of several rules that match, the first
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
            used.first_day,
            used.next_day,
            row_number() over (partition by used.provider, used.model order by batch_apis.place) as nearest
        from sold as used
        inner join batch_apis on is_about(batch_apis, used.provider, used.model)
    )
    where nearest = 1
),

waiting as (
    -- what is left of the deadline once the request's batch has been sent
    select
        *,
        $deadline_hours
        - ($window_s - coalesce(epoch(ts) - floor(epoch(ts) / $window_s) * $window_s, 0)) / 3600 as hours_left
    from requests
),

moving as (
    select
        waiting.* exclude (hours_left),
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
        and batch_late_share(hours_left, ruled.window_hours) <= $late
        -- what its batch did not answer in time was sent again as it was: the same requests in every replay
        and (not coalesce(ruled.expires, true) or hash(request_id) % 1000000 >= $expired * 1000000) as moves
    from waiting
    left join ruled on ruled.provider = waiting.provider and ruled.model = waiting.model
),

sorted_out as (
    -- what a miss becomes: written again for as long as the request's other writes live, or plain input
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
