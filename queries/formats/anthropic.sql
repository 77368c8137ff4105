-- anthropic: responses of the Anthropic Messages API
--
-- source: your application's own log of response objects, one a line; alone, or as {"ts", "request", "response"}
-- ingest: llmcost ingest /var/log/myapp/anthropic*.jsonl
-- columns: {"response": "record",
--   "request": {"max_tokens": "VARCHAR", "system": "VARCHAR", "tools": "JSON", "messages": ["JSON"],
--     "temperature": "VARCHAR", "metadata": {"user_id": "VARCHAR"}},
--   "ts": "VARCHAR", "timestamp": "VARCHAR", "time": "VARCHAR", "created_at": "VARCHAR", "latency_ms": "DOUBLE",
--   "feature": "VARCHAR", "task_type": "VARCHAR", "prompt_id": "VARCHAR", "user_id": "VARCHAR",
--   "session_id": "VARCHAR", "project": "VARCHAR", "tags": "MAP(VARCHAR, VARCHAR)",
--   "sessionId": "VARCHAR", "llmcost": "VARCHAR", "litellm_call_id": "VARCHAR"}
-- record: {"id": "VARCHAR", "type": "VARCHAR", "role": "VARCHAR", "model": "VARCHAR", "stop_reason": "VARCHAR",
--   "content": "VARCHAR", "error": {"type": "VARCHAR"}, "usage": {
--     "input_tokens": "VARCHAR", "output_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR",
--     "cache_read_input_tokens": "VARCHAR", "service_tier": "VARCHAR", "speed": "VARCHAR",
--     "cache_creation": {"ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
--     "output_tokens_details": {"thinking_tokens": "VARCHAR"},
--     "server_tool_use": {"web_search_requests": "VARCHAR"},
--     "iterations": [{"type": "VARCHAR", "model": "VARCHAR", "input_tokens": "VARCHAR", "output_tokens": "VARCHAR",
--       "cache_read_input_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR"}]}}
-- within: response
-- claims: ((coalesce(response.type, type) = 'message' and coalesce(response.role, role) = 'assistant')
--     or (coalesce(response.type, type) = 'error' and coalesce(response.error.type, error.type) is not null))
--   and sessionId is null and llmcost is null and litellm_call_id is null
-- truth: input_tokens, cache_read_input_tokens and cache_creation_input_tokens are disjoint; output_tokens holds the
--   thinking. A bare response has no time: such calls are priced at the newest price and stand in no day.
-- truth: the compaction of a long conversation is billed but stands under iterations alone: it is added. What an
--   advisor of another model used stands there too, and is not counted: the tag advisor_model names it.

with calls as (
    select
        *,
        record.usage as counts,
        list_filter(record.usage.iterations, lambda it: it.type = 'compaction') as compactions,
        coalesce(
            record.usage.cache_creation.ephemeral_5m_input_tokens,
            case
                when record.usage.cache_creation.ephemeral_1h_input_tokens is null
                then record.usage.cache_creation_input_tokens
            end
        ) as written
    from lines
)

select
    line,
    counts is not null as carries_call,
    record.id as request_id,
    coalesce(ts, timestamp, time, created_at) as ts,
    'anthropic' as provider,
    record.model as model,
    feature,
    task_type,
    prompt_id,
    coalesce(user_id, request.metadata.user_id) as user_id,
    session_id,
    project,
    case
        when counts.iterations is null then tags
        else map_concat(coalesce(tags, map {}), map_from_entries(list_transform(
            list_filter(counts.iterations, lambda it: it.type = 'advisor_message' and it.model is not null)[:1],
            lambda it: {'key': 'advisor_model', 'value': it.model}
        )))
    end as tags,
    with_compactions(counts.input_tokens, compactions, list_transform(compactions, lambda it: it.input_tokens))
        as input_tokens,
    with_compactions(
        counts.cache_read_input_tokens, compactions, list_transform(compactions, lambda it: it.cache_read_input_tokens)
    ) as cache_read_tokens,
    with_compactions(
        written, compactions, list_transform(compactions, lambda it: it.cache_creation_input_tokens)
    ) as cache_write_5m_tokens,
    counts.cache_creation.ephemeral_1h_input_tokens as cache_write_1h_tokens,
    with_compactions(counts.output_tokens, compactions, list_transform(compactions, lambda it: it.output_tokens))
        as output_tokens,
    counts.output_tokens_details.thinking_tokens as reasoning_tokens,
    counts.server_tool_use.web_search_requests as web_searches,
    request.max_tokens as max_output_tokens,
    record.stop_reason as stop_reason,
    coalesce(case when counts.speed = 'fast' then 'fast' end, counts.service_tier) as service_tier,
    latency_ms,
    case when request.messages is not null then to_json({'model': record.model, 'request': request}) end as prompt_key,
    record.content as output_text,
    cast(request.messages[-1] as varchar) as prompt_text,
    case when request.messages is not null then list_concat(
        list_filter([cast(request.tools as varchar), request.system], lambda block: block is not null),
        list_transform(request.messages, lambda message: cast(message as varchar))
    ) end as prompt_blocks,
    case when request.messages is not null
        then (request.tools is not null)::integer + (request.system is not null)::integer
    end as system_blocks
from calls
