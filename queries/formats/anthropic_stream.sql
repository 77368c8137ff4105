-- anthropic-stream: events of streamed answers of the Anthropic Messages API
--
-- source: your application's own log of stream events, one a line, in the order in which they came; alone, or as
--   {"ts", "event"}
-- ingest: llmcost ingest /var/log/myapp/anthropic-events*.jsonl
-- columns: {"event": "record", "ts": "VARCHAR", "timestamp": "VARCHAR", "time": "VARCHAR", "request_id": "VARCHAR"}
-- record: {"type": "VARCHAR", "message": {"id": "VARCHAR", "model": "VARCHAR", "usage": "anthropic_usage"},
--   "delta": {"stop_reason": "VARCHAR"}, "usage": "anthropic_usage"}
-- within: event
-- claims: coalesce(event.type, type) in ('message_start', 'content_block_start', 'content_block_delta',
--   'content_block_stop', 'message_delta', 'message_stop', 'ping')
-- stateful: the message that counts belong to is in an earlier line of the file
-- further: what an advisor used
-- cached: outside input_tokens: the three input counts are disjoint
-- reasoning: inside output_tokens
-- lacks: the time and the prompts; the final output count of a stream that was cut off
-- truth: message_start gives the first counts, message_delta the last ones, which are those of the whole message; what
--   it
--   leaves out is as message_start says. What holds what is as in the Messages API (see anthropic).
-- truth: an answer without message_delta was cut off: its output count is too low, and marked output_partial.
-- truth: events name no message after the first: two streams whose events are mixed in one file cannot be separated.

with placed as (
    select
        line,
        coalesce(ts, timestamp, time) as at_time,
        request_id,
        case when record.type = 'message_start' then record.message end as begun,
        case when record.type = 'message_delta' then record.usage end as changed,
        record.delta.stop_reason as stop_reason
    from lines
),

carried as (
    select
        *,
        last_value(begun ignore nulls) over so_far as message,
        last_value(case when begun is not null then at_time end ignore nulls) over so_far as began,
        last_value(case when begun is not null then line.line_no end ignore nulls) over so_far as began_line,
        last_value(request_id ignore nulls) over so_far as request,
        min(case when changed is not null then line.line_no end) over (
            partition by line.source_id, line.claimed order by line.line_no
            rows between 1 following and unbounded following
        ) as next_change,
        min(case when begun is not null then line.line_no end) over (
            partition by line.source_id, line.claimed order by line.line_no
            rows between 1 following and unbounded following
        ) as next_begin
    from placed
    window so_far as (
        partition by line.source_id, line.claimed order by line.line_no
        rows between unbounded preceding and current row
    )
),

merged as (
    select
        *,
        case
            when changed is null then begun.usage
            else struct_update(
                changed,
                input_tokens := coalesce(changed.input_tokens, message.usage.input_tokens),
                cache_read_input_tokens :=
                    coalesce(changed.cache_read_input_tokens, message.usage.cache_read_input_tokens),
                cache_creation_input_tokens :=
                    coalesce(changed.cache_creation_input_tokens, message.usage.cache_creation_input_tokens),
                cache_creation := coalesce(changed.cache_creation, message.usage.cache_creation),
                speed := coalesce(changed.speed, message.usage.speed),
                inference_geo := coalesce(changed.inference_geo, message.usage.inference_geo),
                service_tier := coalesce(changed.service_tier, message.usage.service_tier)
            )
        end as used
    from carried
),

counted as (
    select *, anthropic_counts(used) as counts from merged
)

select
    line,
    used is not null as carries_call,
    coalesce(
        told_apart(message.id, request), 'row_' || md5(concat_ws(' ', line.source_id, began_line))
    ) as request_id,
    coalesce(began, at_time) as ts,
    'anthropic' as provider,
    message.model as model,
    counts.input as input_tokens,
    counts.cache_read as cache_read_tokens,
    counts.cache_write as cache_write_tokens,
    counts.cache_write_5m as cache_write_5m_tokens,
    counts.cache_write_1h as cache_write_1h_tokens,
    counts.output as output_tokens,
    advisor_calls(used) as further_calls,
    used.output_tokens_details.thinking_tokens as reasoning_tokens,
    used.server_tool_use.web_search_requests as web_searches,
    stop_reason,
    anthropic_tier(used) as service_tier,
    used.inference_geo as region,
    begun is not null and coalesce(next_change > next_begin, next_change is null) as output_partial,
    (epoch_us(as_time(at_time)) - epoch_us(as_time(began))) / 1000 as latency_ms,
    case
        when (begun is not null or changed is not null) and (used.input_tokens is null or used.output_tokens is null)
        then coalesce(
            at_path(line.raw, '$.event.usage'), at_path(line.raw, '$.usage'), at_path(line.raw, '$.event.message.usage'),
            at_path(line.raw, '$.message.usage'))
    end as unread_usage
from counted
