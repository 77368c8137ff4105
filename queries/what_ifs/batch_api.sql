-- batch-api: work that can wait goes through the provider's batch API
--
-- question: What would it have cost had the requests that can wait gone through the batch API at half price?
-- param features text = all: the features whose requests can wait, separated by commas in quotes; none: none can.
-- param task_types text = all: the task types that can wait, likewise.
-- param tiers text = standard: the service tiers whose requests can move, likewise.
-- param deadline_hours float(0, inf) = none: hours from a request within which its answer must be there; a request of
--   which the answer is more likely than `late` to come later stays. none: whenever it comes.
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
-- assumes: a model without a known batch price stays.
-- assumes: answers come within 7 minutes for half of the batches and within the hour for 90 % (one provider-side measure
--   of 230,000 batches), all within 24 h; between these points as the logarithm of the time. They count from the end of
--   the window in which a request came, when its batch is sent: until then it waits, the whole window where it came first
--   or without a time, and the deadline counts that wait.
-- assumes: cache hits inside a batch are best effort, 30 to 98 % on Anthropic: the middle by default, both ends as the
--   range. What is no longer read is plain input.
-- assumes: only requests that ended well, and that no cache has answered, can move; which of them can wait is yours to
--   say, and by default all are taken to.
-- assumes: a batch holds 100,000 requests or 256 MB at Anthropic, 50,000 or 200 MB at OpenAI, four bytes a token.

with waiting as (
    -- what is left of the deadline once the request's batch has been sent
    select
        *,
        $deadline_hours
        - ($window_s - coalesce(epoch(ts) - floor(epoch(ts) / $window_s) * $window_s, 0)) / 3600 as hours_left
    from requests
),

promised as (
    -- the likelihood that the answer comes too late, by the measured distribution
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
        service_tier != 'batch'
        and list_contains(string_split($tiers, ','), service_tier)
        and status = 'ok'
        and answered_by <> 'cache'
        and provider in ('anthropic', 'openai', 'google')
        and model in (select sold.model from prices as sold where sold.service_tier = 'batch')
        and $features is not null
        and $task_types is not null
        and ($features = 'all' or coalesce(list_contains(string_split($features, ','), feature), false))
        and ($task_types = 'all' or coalesce(list_contains(string_split($task_types, ','), task_type), false))
        and late_share <= $late as moves
    from promised
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
