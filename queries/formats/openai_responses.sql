-- openai-responses: responses of the OpenAI Responses API, and of servers that speak it
--
-- source: your application's own log of response objects or stream events, one a line; alone, or as {"ts", "request",
--   "response"}
-- ingest: llmcost ingest /var/log/myapp/responses*.jsonl
-- columns: {"*": "envelope", "response": "record", "request": {"max_output_tokens": "VARCHAR", "tools": "JSON",
--   "instructions": "VARCHAR", "input": "JSON"}, "host": "VARCHAR"}
-- record: {"id": "VARCHAR", "object": "VARCHAR", "created_at": "VARCHAR", "completed_at": "VARCHAR",
--   "model": "VARCHAR", "status": "VARCHAR", "service_tier": "VARCHAR", "max_output_tokens": "VARCHAR",
--   "prompt_cache_key": "VARCHAR", "prompt_cache_retention": "VARCHAR", "prompt_cache_options": {"ttl": "VARCHAR"},
--   "user": "VARCHAR", "safety_identifier": "VARCHAR", "metadata": "MAP(VARCHAR, VARCHAR)",
--   "prompt": {"id": "VARCHAR", "version": "VARCHAR"}, "conversation": {"id": "VARCHAR"},
--   "incomplete_details": {"reason": "VARCHAR"}, "error": {"code": "VARCHAR"}, "output": ["JSON"], "usage": {
--     "input_tokens": "VARCHAR", "output_tokens": "VARCHAR", "total_tokens": "VARCHAR", "cost": "JSON",
--     "is_byok": "VARCHAR", "cost_details": {"upstream_inference_cost": "DOUBLE"}, "cost_in_usd_ticks": "DOUBLE",
--     "server_side_tool_usage_details": "MAP(VARCHAR, VARCHAR)",
--     "input_tokens_details": "openai_prompt_details", "output_tokens_details": "openai_answer_details",
--     "*": "gateway_caches"}}
-- within: response
-- claims: coalesce(response.object, object) = 'response'
-- cached: decided by total_tokens; without it inside input_tokens
-- reasoning: decided by total_tokens; without it inside output_tokens
-- lacks: for how long a container ran, the storage of files, and prompts kept by the vendor (previous_response_id)
-- truth: total_tokens decides: input_tokens holds the cached and the written tokens and output_tokens the reasoning
--   unless the total says otherwise. A web search is billed next to the tokens; of its calls
--   only those that search are. A container is billed for each 20 minutes: here once for each response that uses it.
-- truth: a response that is fetched again is the same call. created_at of 0 means no time.

with calls as (
    select
        *,
        gateway_counts(record.usage, record.usage.input_tokens_details) as caches,
        -- the input is one text or a list of items
        case when json_type(request.input) = 'ARRAY' then from_json(request.input, '["JSON"]') else [request.input] end
            as items
    from lines
)

select
    line,
    record.usage is not null as carries_call,
    told_apart(record.id, case when not is_unset(record.created_at) then record.created_at end) as request_id,
    coalesce(ts, timestamp, time, record.created_at) as ts,
    coalesce(host, case when record.usage.cost_in_usd_ticks is not null then 'x-ai' end, 'openai') as provider,
    record.model as model,
    coalesce(feature, record.metadata['feature']) as feature,
    coalesce(task_type, record.metadata['task_type']) as task_type,
    coalesce(prompt_id, concat_ws(' v', record.prompt.id, record.prompt.version)) as prompt_id,
    coalesce(user_id, record.safety_identifier, record.user) as user_id,
    coalesce(session_id, record.conversation.id) as session_id,
    project,
    map_concat(
        coalesce(record.metadata, map {}), coalesce(tags, map {}),
        case when record.error.code is null then map {} else map {'error': record.error.code} end
    ) as tags,
    record.usage.input_tokens as input_tokens,
    caches.cache_read as cache_read_tokens,
    caches.cache_write as cache_write_tokens,
    caches.cache_write_5m as cache_write_5m_tokens,
    caches.cache_write_1h as cache_write_1h_tokens,
    record.usage.output_tokens as output_tokens,
    record.usage.output_tokens_details.reasoning_tokens as reasoning_tokens,
    record.usage.total_tokens as total_tokens,
    'caches' as input_holds,
    case
        when record.usage.input_tokens is null or record.usage.output_tokens is null
        then coalesce(at_path(line.raw, '$.response.usage'), at_path(line.raw, '$.usage'))
    end as unread_usage,
    coalesce(
        record.usage.server_side_tool_usage_details['web_search_calls'],
        searches_among(record.output)
    ) as web_searches,
    uses_of(list_concat(xai_uses(record.usage.server_side_tool_usage_details), case
        when record.usage.server_side_tool_usage_details is null then uses_among(record.output)
    end)) as tools,
    record.usage.input_tokens_details.audio_tokens as input_audio_tokens,
    record.usage.input_tokens_details.image_tokens as input_image_tokens,
    record.usage.output_tokens_details.audio_tokens as output_audio_tokens,
    record.usage.output_tokens_details.image_tokens as output_image_tokens,
    coalesce(record.max_output_tokens, request.max_output_tokens) as max_output_tokens,
    coalesce(record.incomplete_details.reason, record.status) as stop_reason,
    record.service_tier as service_tier,
    record.status as status,
    coalesce(
        latency_ms, (epoch_us(as_time(record.completed_at)) - epoch_us(as_time(record.created_at))) / 1000
    ) as latency_ms,
    case when request.input is not null then to_json({'model': record.model, 'request': request}) end as prompt_key,
    record.output::varchar as output_text,
    items[-1]::varchar as prompt_text,
    case when request.input is not null then list_concat(
        list_filter([request.tools::varchar, request.instructions], lambda block: block is not null),
        list_transform(items, lambda item: item::varchar)
    ) end as prompt_blocks,
    case when request.input is not null
        then (request.tools is not null)::integer + (request.instructions is not null)::integer
    end as system_blocks,
    record.prompt_cache_key as cache_key_text,
    coalesce(record.prompt_cache_retention, record.prompt_cache_options.ttl) as cache_retention,
    coalesce(
        record.usage.cost_in_usd_ticks / 1e10,
        logged_cost(record.usage.cost) + case
            when lower(record.usage.is_byok) = 'true' then coalesce(record.usage.cost_details.upstream_inference_cost, 0)
            else 0
        end
    ) as cost_logged_usd
from calls
