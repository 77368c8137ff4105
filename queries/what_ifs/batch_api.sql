-- batch-api: work that can wait goes through the provider's batch API
--
-- question: What would it have cost had the requests that can wait gone through the batch API at half price?
-- param features text = all: the features whose requests can wait, separated by commas in quotes; none: none can.
-- param task_types text = all: the task types that can wait, likewise.
-- param cache_hits float = 0.64: share, 0 to 1, of tokens read from a prompt cache that are still read inside a batch.
-- neutral: features=none
-- order: 70
-- needs: provider in ('anthropic', 'openai', 'google'): a provider whose batch API is known
-- low: cache_hits=0.3
-- high: cache_hits=0.98
-- grid: features=all
-- assumes: Anthropic, OpenAI and Google bill input, output and cache tokens of batches at 50 %, and answer within 24 h;
--   one provider-side measure of 230,000 batches has a median of 7 minutes and 90 % within the hour.
-- assumes: cache hits inside a batch are best effort, 30 to 98 % on Anthropic: the middle by default, both ends as the
--   range. What is no longer read is plain input.
-- assumes: only requests at the standard tier that ended well can move; which of them can wait is yours to say, and by
--   default all are taken to.

with moving as (
    select
        *,
        service_tier = 'standard'
        and status = 'ok'
        and provider in ('anthropic', 'openai', 'google')
        and $features is not null
        and $task_types is not null
        and ($features = 'all' or list_contains(string_split($features, ','), feature))
        and ($task_types = 'all' or list_contains(string_split($task_types, ','), task_type)) as moves
    from requests
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
