-- anthropic: responses of the Anthropic Messages API
--
-- source: your application's own log of response objects, one a line; alone, or as {"ts", "request", "response"}
-- ingest: llmcost ingest /var/log/myapp/anthropic*.jsonl
-- columns: {"*": "envelope", "response": "record", "request": {"max_tokens": "VARCHAR", "system": "VARCHAR",
--   "tools": "JSON", "messages": ["JSON"], "temperature": "VARCHAR", "metadata": {"user_id": "VARCHAR"}},
--   "created_at": "VARCHAR", "sessionId": "VARCHAR", "llmcost": "VARCHAR", "litellm_call_id": "VARCHAR",
--   "request_id": "VARCHAR", "call_type": "VARCHAR"}
-- record: {"id": "VARCHAR", "_request_id": "VARCHAR", "type": "VARCHAR", "role": "VARCHAR", "model": "VARCHAR",
--   "stop_reason": "VARCHAR", "content": "VARCHAR", "error": {"type": "VARCHAR"}, "usage": "anthropic_usage"}
-- within: response
-- claims: ((coalesce(response.type, type) = 'message' and coalesce(response.role, role) = 'assistant')
--     or (coalesce(response.type, type) = 'error' and coalesce(response.error.type, error.type) is not null))
--   and sessionId is null and llmcost is null and litellm_call_id is null and call_type is null
-- further: what an advisor used
-- cached: outside input_tokens: the three input counts are disjoint
-- reasoning: inside output_tokens; thinking_tokens says how many, in newer responses
-- lacks: the time, in a bare response; the host, so that regional prices of other clouds are not known
-- truth: input_tokens, cache_read_input_tokens and cache_creation_input_tokens are disjoint; output_tokens holds the
--   thinking. A bare response has no time: such calls get the newest price and belong to no day.
-- truth: cache_creation splits the writes by their life; what it leaves of cache_creation_input_tokens lives 5 minutes.
-- truth: the compaction of a long conversation is billed but only listed under iterations: it is added. Where an answer
--   took several passes, input_tokens may be that of the first alone: the sum of the passes counts. An advisor's use is
--   listed there too, under its own model: it becomes a separate request, ID/advisor/1, with part_of ID.
-- truth: an id that is not a vendor's, such as a proxy's that is the same for every answer, is combined with
--   request_id.

with calls as (
    select
        *,
        record.usage as used,
        anthropic_counts(record.usage) as counts
    from lines
)

select
    line,
    used is not null as carries_call,
    told_apart(record.id, coalesce(record._request_id, request_id)) as request_id,
    coalesce(ts, timestamp, time, created_at) as ts,
    'anthropic' as provider,
    record.model as model,
    feature,
    task_type,
    prompt_id,
    coalesce(user_id, request.metadata.user_id) as user_id,
    session_id,
    project,
    tags,
    counts.input as input_tokens,
    counts.cache_read as cache_read_tokens,
    counts.cache_write as cache_write_tokens,
    counts.cache_write_5m as cache_write_5m_tokens,
    counts.cache_write_1h as cache_write_1h_tokens,
    counts.output as output_tokens,
    advisor_calls(used) as further_calls,
    used.output_tokens_details.thinking_tokens as reasoning_tokens,
    used.server_tool_use.web_search_requests as web_searches,
    request.max_tokens as max_output_tokens,
    record.stop_reason as stop_reason,
    anthropic_tier(used) as service_tier,
    used.inference_geo as region,
    latency_ms,
    case
        when used.input_tokens is null or used.output_tokens is null
        then coalesce(at_path(line.raw, '$.response.usage'), at_path(line.raw, '$.usage'))
    end as unread_usage,
    case when request.messages is not null then to_json({'model': record.model, 'request': request}) end as prompt_key,
    record.content as output_text,
    request.messages[-1]::varchar as prompt_text,
    case when request.messages is not null then list_concat(
        list_filter([request.tools::varchar, request.system], lambda block: block is not null),
        list_transform(request.messages, lambda message: message::varchar)
    ) end as prompt_blocks,
    case when request.messages is not null
        then (request.tools is not null)::integer + (request.system is not null)::integer
    end as system_blocks
from calls
