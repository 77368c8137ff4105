-- The requests that an ingest added (sign 1) and removed (sign -1), priced and summed by the labels of their series.
-- Labels are cut after 100 characters. Buckets of durations double from $first_bucket_ms on, $last_bucket is the open
-- one; a row that represents several calls has no duration. A request that is free at any price is not counted as
-- unpriced.

select
    * replace (
        left(coalesce(model, 'unknown'), 100) as model,
        left(coalesce(feature, 'unattributed'), 100) as feature,
        left(coalesce(task_type, 'none'), 100) as task_type
    )
from (
    select
        model,
        feature,
        task_type,
        status,
        case when calls = 1 and latency_ms between 0 and 1e12
            then least(ceil(log2(greatest(latency_ms, $first_bucket_ms) / $first_bucket_ms)), $last_bucket)::integer
        end as bucket,
        sum(sign * calls) as requests,
        coalesce(sum(sign * calls) filter (where cost_usd is null and is_billable(priced)), 0) as unpriced_requests,
        coalesce(sum(exact(case when sign > 0 then cost_usd else -cost_usd end)), 0) as cost_usd,
        sum(sign * input_tokens) as input_tokens,
        sum(sign * cache_read_tokens) as cache_read_tokens,
        sum(sign * cache_write_5m_tokens) as cache_write_5m_tokens,
        sum(sign * cache_write_1h_tokens) as cache_write_1h_tokens,
        sum(sign * output_tokens) as output_tokens,
        coalesce(sum(sign * calls) filter (where cache_read_tokens > 0), 0) as prompt_cache_hits,
        coalesce(sum(sign * calls) filter (where answered_by = 'cache'), 0) as response_cache_hits,
        coalesce(sum(sign) filter (where calls = 1 and latency_ms between 0 and 1e12), 0) as durations,
        coalesce(sum(exact(sign * latency_ms / 1000)) filter (where calls = 1 and latency_ms between 0 and 1e12), 0)
            as duration_s,
        sum(exact(cost_usd)) filter (where sign > 0) as added_cost_usd,
        coalesce(sum(calls) filter (where sign > 0 and cost_usd is null), 0)::bigint as added_unpriced_requests
    from priced
    group by all
) as summed
