-- openai: responses of the OpenAI Chat Completions API, and of the many servers that speak it
--
-- source: your application's own log of response objects, one a line; alone, or as {"ts", "request", "response"}
-- columns: {"id": "VARCHAR", "object": "VARCHAR", "created": "VARCHAR", "model": "VARCHAR", "service_tier": "VARCHAR",
--   "provider": "VARCHAR",
--   "choices": [{"finish_reason": "VARCHAR", "message": "VARCHAR"}], "usage": {
--     "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "cost": "DOUBLE",
--     "prompt_tokens_details": {"cached_tokens": "VARCHAR", "cache_write_tokens": "VARCHAR"},
--     "completion_tokens_details": {"reasoning_tokens": "VARCHAR"}},
--   "response": {"id": "VARCHAR", "object": "VARCHAR", "created": "VARCHAR", "model": "VARCHAR",
--     "service_tier": "VARCHAR", "provider": "VARCHAR",
--     "choices": [{"finish_reason": "VARCHAR", "message": "VARCHAR"}], "usage": {
--       "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "cost": "DOUBLE",
--       "prompt_tokens_details": {"cached_tokens": "VARCHAR", "cache_write_tokens": "VARCHAR"},
--       "completion_tokens_details": {"reasoning_tokens": "VARCHAR"}}},
--   "request": {"max_tokens": "VARCHAR", "max_completion_tokens": "VARCHAR", "tools": "JSON", "messages": ["JSON"],
--     "temperature": "VARCHAR", "user": "VARCHAR"},
--   "ts": "VARCHAR", "timestamp": "VARCHAR", "time": "VARCHAR", "created_at": "VARCHAR", "latency_ms": "DOUBLE",
--   "feature": "VARCHAR", "task_type": "VARCHAR", "prompt_id": "VARCHAR", "user_id": "VARCHAR",
--   "session_id": "VARCHAR", "project": "VARCHAR", "tags": "MAP(VARCHAR, VARCHAR)", "host": "VARCHAR",
--   "llmcost": "VARCHAR", "litellm_call_id": "VARCHAR"}
-- claims: coalesce(response.object, object) = 'chat.completion' and llmcost is null and litellm_call_id is null
-- truth: prompt_tokens holds the cached and the written tokens, completion_tokens the reasoning.

with calls as (
    select *, coalesce(response, {
        'id': id, 'object': object, 'created': created, 'model': model, 'service_tier': service_tier,
        'provider': provider, 'choices': choices, 'usage': usage
    }) as answer
    from lines
)

select
    line,
    answer.usage is not null as carries_call,
    answer.id as request_id,
    coalesce(ts, timestamp, time, created_at, answer.created) as ts,
    'openai' as provider,
    answer.model as model,
    feature,
    task_type,
    prompt_id,
    coalesce(user_id, request.user) as user_id,
    session_id,
    project,
    tags,
    uncached(
        answer.usage.prompt_tokens,
        answer.usage.prompt_tokens_details.cached_tokens,
        answer.usage.prompt_tokens_details.cache_write_tokens
    ) as input_tokens,
    answer.usage.prompt_tokens_details.cached_tokens as cache_read_tokens,
    answer.usage.prompt_tokens_details.cache_write_tokens as cache_write_5m_tokens,
    answer.usage.completion_tokens as output_tokens,
    answer.usage.completion_tokens_details.reasoning_tokens as reasoning_tokens,
    coalesce(request.max_completion_tokens, request.max_tokens) as max_output_tokens,
    answer.choices[1].finish_reason as stop_reason,
    answer.service_tier as service_tier,
    latency_ms,
    case when request.messages is not null then to_json({'model': answer.model, 'request': request}) end as prompt_key,
    answer.choices[1].message as output_text,
    cast(request.messages[-1] as varchar) as prompt_text,
    case when request.messages is not null then list_concat(
        list_filter([cast(request.tools as varchar)], lambda block: block is not null),
        list_transform(request.messages, lambda message: cast(message as varchar))
    ) end as prompt_blocks,
    case when request.messages is not null
        then (request.tools is not null)::integer
            + (coalesce(request.messages[1] ->> '$.role' in ('system', 'developer'), false))::integer
    end as system_blocks,
    answer.usage.cost as cost_logged_usd
from calls
