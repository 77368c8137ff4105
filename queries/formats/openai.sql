-- openai: responses of the OpenAI Chat Completions API, and of the many servers that speak it
--
-- source: your application's own log of response objects or stream chunks, one a line; alone, or as {"ts", "request",
--   "response"}
-- ingest: llmcost ingest /var/log/myapp/openai*.jsonl
-- columns: {"response": "record",
--   "request": {"max_tokens": "VARCHAR", "max_completion_tokens": "VARCHAR", "tools": "JSON", "messages": ["JSON"],
--     "temperature": "VARCHAR", "user": "VARCHAR"},
--   "ts": "VARCHAR", "timestamp": "VARCHAR", "time": "VARCHAR", "created_at": "VARCHAR", "latency_ms": "DOUBLE",
--   "feature": "VARCHAR", "task_type": "VARCHAR", "prompt_id": "VARCHAR", "user_id": "VARCHAR",
--   "session_id": "VARCHAR", "project": "VARCHAR", "tags": "MAP(VARCHAR, VARCHAR)", "host": "VARCHAR",
--   "llmcost": "VARCHAR", "litellm_call_id": "VARCHAR"}
-- record: {"id": "VARCHAR", "object": "VARCHAR", "created": "VARCHAR", "model": "VARCHAR", "service_tier": "VARCHAR",
--   "provider": "VARCHAR", "x_groq": {"id": "VARCHAR"}, "prompt_filter_results": "VARCHAR",
--   "choices": [{"finish_reason": "VARCHAR", "message": "VARCHAR", "text": "VARCHAR"}], "usage": {
--     "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "total_tokens": "VARCHAR", "cost": "DOUBLE",
--     "prompt_cache_hit_tokens": "VARCHAR", "num_cached_tokens": "VARCHAR", "queue_time": "VARCHAR",
--     "prompt_tokens_details": {"cached_tokens": "VARCHAR", "cache_write_tokens": "VARCHAR"},
--     "completion_tokens_details": {"reasoning_tokens": "VARCHAR"}}}
-- within: response
-- claims: (coalesce(response.object, object) in ('chat.completion', 'chat.completion.chunk', 'text_completion')
--     or (coalesce(response.object, object) = 'list'
--       and coalesce(response.usage.prompt_tokens, usage.prompt_tokens) is not null
--       and coalesce(response.model, model) is not null))
--   and llmcost is null and litellm_call_id is null
-- truth: prompt_tokens holds the cached and the written tokens, completion_tokens the reasoning, but where total_tokens
--   says otherwise (xAI, Gemini). An embedding has no output.
-- truth: a body does not say who served it. Groq, DeepSeek, Azure and OpenRouter are told by fields of their own,
--   others by the model or by "host" beside the response. DeepSeek's prompt_cache_hit_tokens and Mistral's
--   num_cached_tokens are older names of the cached tokens.

with calls as (
    select
        *,
        coalesce(
            record.usage.prompt_tokens_details.cached_tokens, record.usage.prompt_cache_hit_tokens,
            record.usage.num_cached_tokens
        ) as cached,
        record.usage.prompt_tokens_details.cache_write_tokens as written
    from lines
)

select
    line,
    record.usage is not null as carries_call,
    record.id as request_id,
    coalesce(ts, timestamp, time, created_at, record.created) as ts,
    case
        when host is not null then host
        when record.x_groq is not null or record.usage.queue_time is not null then 'groq'
        when record.usage.prompt_cache_hit_tokens is not null then 'deepseek'
        when record.prompt_filter_results is not null then 'azure'
        when record.provider is not null and starts_with(record.id, 'gen-') then 'openrouter'
        else 'openai'
    end as provider,
    record.model as model,
    feature,
    task_type,
    prompt_id,
    coalesce(user_id, request.user) as user_id,
    session_id,
    project,
    case
        when record.provider is null then tags
        else map_concat(coalesce(tags, map {}), map {'upstream': record.provider})
    end as tags,
    uncached(record.usage.prompt_tokens, cached, written) as input_tokens,
    cached as cache_read_tokens,
    written as cache_write_5m_tokens,
    with_reasoning(
        coalesce(record.usage.completion_tokens, case when record.object = 'list' then '0' end),
        record.usage.prompt_tokens,
        record.usage.total_tokens,
        record.usage.completion_tokens_details.reasoning_tokens,
        record.model
    ) as output_tokens,
    record.usage.completion_tokens_details.reasoning_tokens as reasoning_tokens,
    coalesce(request.max_completion_tokens, request.max_tokens) as max_output_tokens,
    record.choices[1].finish_reason as stop_reason,
    record.service_tier as service_tier,
    latency_ms,
    case when request.messages is not null then to_json({'model': record.model, 'request': request}) end as prompt_key,
    coalesce(record.choices[1].message, record.choices[1].text) as output_text,
    cast(request.messages[-1] as varchar) as prompt_text,
    case when request.messages is not null then list_concat(
        list_filter([cast(request.tools as varchar)], lambda block: block is not null),
        list_transform(request.messages, lambda message: cast(message as varchar))
    ) end as prompt_blocks,
    case when request.messages is not null
        then (request.tools is not null)::integer
            + (coalesce(request.messages[1] ->> '$.role' in ('system', 'developer'), false))::integer
    end as system_blocks,
    record.usage.cost as cost_logged_usd
from calls
