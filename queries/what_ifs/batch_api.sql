-- batch-api: work that can wait goes through the provider's batch API
--
-- question: What would it have cost had the requests that can wait gone through the batch API at half price?
-- param features text = all: the features whose requests can wait, separated by commas in quotes; none: none can.
-- param task_types text = all: the task types that can wait, likewise.
-- param tiers text = standard: the service tiers whose requests can move, likewise.
-- param deadline_hours float(0, inf) = 24: hours within which the answers must be there; below the providers' 24 some come
--   too late, and where that are more than `late` nothing moves.
-- param late float(0, 1) = 0: share of the answers that may come after the deadline.
-- param window_s float(1, inf) = 3600: seconds for which requests are collected into one batch.
-- param cache_hits float(0, 1) = 0.64: share, 0 to 1, of tokens read from a prompt cache that are still read inside a
--   batch.
-- neutral: features=none
-- order: 70
-- needs: provider in ('anthropic', 'openai', 'google'): a provider whose batch API is known
-- low: cache_hits=0.3
-- high: cache_hits=0.98
-- grid: features=all
-- summary: batches
-- assumes: Anthropic, OpenAI and Google bill input, output and cache tokens of batches at 50 %, and answer within 24 h.
-- assumes: answers come within 7 minutes for half of the batches and within the hour for 90 % (one provider-side measure
--   of 230,000 batches), all within 24 h; between these points as the logarithm of the time. They count from the end of
--   the window; a deadline of 24 hours or more does, too.
-- assumes: cache hits inside a batch are best effort, 30 to 98 % on Anthropic: the middle by default, both ends as the
--   range. What is no longer read is plain input.
-- assumes: only requests that ended well can move; which of them can wait is yours to say, and by default all are taken
--   to.
-- assumes: a batch holds 100,000 requests or 256 MB at Anthropic, 50,000 or 200 MB at OpenAI, four bytes a token.

with promised as (
    -- the share of the answers that come too late: after the window, by the measured distribution
    select
        case
            when hours >= 24 then 0.0
            when hours >= 1 then 0.1 - 0.1 * ln(hours) / ln(24)
            when hours >= 7 / 60.0 then 0.5 - 0.4 * ln(hours * 60 / 7) / ln(60 / 7.0)
            when hours > 0 then 1 - 0.5 * hours * 60 / 7
            else 1.0
        end as late_share
    from (select case when $deadline_hours >= 24 then 24 else $deadline_hours - $window_s / 3600 end as hours)
),

moving as (
    select
        requests.*,
        service_tier != 'batch'
        and list_contains(string_split($tiers, ','), service_tier)
        and status = 'ok'
        and provider in ('anthropic', 'openai', 'google')
        and $features is not null
        and $task_types is not null
        and ($features = 'all' or coalesce(list_contains(string_split($features, ','), feature), false))
        and ($task_types = 'all' or coalesce(list_contains(string_split($task_types, ','), task_type), false))
        and promised.late_share <= $late as moves
    from requests
    cross join promised
)

select
    * exclude (moves) replace (
        case when moves then 'batch' else service_tier end as service_tier,
        case when moves
            then input_tokens + cache_read_tokens - cast(floor(cache_read_tokens * $cache_hits) as bigint)
            else input_tokens
        end as input_tokens,
        case when moves then cast(floor(cache_read_tokens * $cache_hits) as bigint) else cache_read_tokens end
            as cache_read_tokens,
        case when moves then null else latency_ms end as latency_ms,
        case when moves then null else ttft_ms end as ttft_ms
    )
from moving
