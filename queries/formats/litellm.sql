-- litellm: LiteLLM's standard logging payload
--
-- source: a LiteLLM proxy's success and failure callbacks (s3, gcs, file), one payload a line
-- ingest: aws s3 sync s3://BUCKET/litellm litellm-logs && llmcost ingest litellm-logs
-- columns: {"id": "VARCHAR", "litellm_call_id": "VARCHAR", "trace_id": "VARCHAR", "call_type": "VARCHAR",
--   "status": "VARCHAR", "custom_llm_provider": "VARCHAR", "model": "VARCHAR", "model_group": "VARCHAR",
--   "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "response_cost": "DOUBLE", "spend": "DOUBLE",
--   "startTime": "VARCHAR",
--   "endTime": "VARCHAR", "completionStartTime": "VARCHAR", "cache_hit": "VARCHAR", "request_tags": ["VARCHAR"],
--   "end_user": "VARCHAR", "session_id": "VARCHAR", "error_str": "VARCHAR",
--   "metadata": {"user_api_key_team_alias": "VARCHAR", "user_api_key_alias": "VARCHAR",
--     "user_api_key_user_id": "VARCHAR", "usage_object": {
--       "prompt_tokens_details": {"cached_tokens": "VARCHAR", "cache_creation_tokens": "VARCHAR"},
--       "completion_tokens_details": {"reasoning_tokens": "VARCHAR"},
--       "cache_read_input_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR",
--       "cache_creation": {"ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"}}},
--   "model_parameters": {"max_tokens": "VARCHAR", "max_completion_tokens": "VARCHAR", "tools": "JSON",
--     "temperature": "VARCHAR", "service_tier": "VARCHAR"},
--   "messages": ["JSON"], "response": {"choices": [{"finish_reason": "VARCHAR", "message": {"content": "VARCHAR"}}],
--     "service_tier": "VARCHAR"}}
-- wraps: anthropic, cohere, gemini, openai, openai-responses
-- claims: litellm_call_id is not null or (call_type is not null and custom_llm_provider is not null and spend is null)
-- truth: prompt_tokens holds cache reads and writes, Anthropic's too; completion_tokens holds the reasoning.
--   cache_hit is LiteLLM's response cache, which costs nothing, not the provider's prompt cache.

with calls as (
    select
        *,
        metadata.usage_object as detail,
        coalesce(lower(cache_hit) = 'true', false) as served_from_cache,
        list_filter(request_tags, lambda tag: not contains(tag, ':')) as bare_tags,
        named_tags(request_tags) as tag_map
    from lines
),

counted as (
    select
        *,
        coalesce(detail.cache_read_input_tokens, detail.prompt_tokens_details.cached_tokens) as cache_read,
        coalesce(
            detail.cache_creation_input_tokens, detail.prompt_tokens_details.cache_creation_tokens
        ) as cache_write
    from calls
)

select
    line,
    prompt_tokens is not null or response_cost is not null as carries_call,
    coalesce(id, litellm_call_id) as request_id,
    startTime as ts,
    custom_llm_provider as provider,
    model,
    coalesce(tag_map['feature'], bare_tags[1]) as feature,
    coalesce(tag_map['task_type'], tag_map['task']) as task_type,
    tag_map['prompt_id'] as prompt_id,
    coalesce(end_user, metadata.user_api_key_user_id) as user_id,
    coalesce(session_id, trace_id) as session_id,
    coalesce(tag_map['project'], metadata.user_api_key_team_alias) as project,
    map_concat(tag_map, map_from_entries(list_filter([
        {'key': 'model_group', 'value': model_group},
        {'key': 'key', 'value': metadata.user_api_key_alias},
        {'key': 'response_cache', 'value': case when served_from_cache then 'hit' end},
        {'key': 'error', 'value': error_str[:200]}
    ], lambda entry: entry.value is not null))) as tags,
    served_from_cache,
    -- what LiteLLM's own cache served was not billed
    case when served_from_cache then '0' else uncached(prompt_tokens, cache_read, cache_write) end as input_tokens,
    case when not served_from_cache then cache_read end as cache_read_tokens,
    case when not served_from_cache
        then coalesce(
            detail.cache_creation.ephemeral_5m_input_tokens,
            case when detail.cache_creation.ephemeral_1h_input_tokens is null then cache_write end)
    end as cache_write_5m_tokens,
    case when not served_from_cache then detail.cache_creation.ephemeral_1h_input_tokens end as cache_write_1h_tokens,
    case when served_from_cache then '0' else completion_tokens end as output_tokens,
    case when not served_from_cache then detail.completion_tokens_details.reasoning_tokens end as reasoning_tokens,
    coalesce(model_parameters.max_completion_tokens, model_parameters.max_tokens) as max_output_tokens,
    response.choices[1].finish_reason as stop_reason,
    coalesce(response.service_tier, model_parameters.service_tier) as service_tier,
    status,
    (epoch_us(as_time(endTime)) - epoch_us(as_time(startTime))) / 1000 as latency_ms,
    (epoch_us(as_time(completionStartTime)) - epoch_us(as_time(startTime))) / 1000 as ttft_ms,
    case when messages is not null
        then to_json({'model': model, 'parameters': model_parameters, 'messages': messages})
    end as prompt_key,
    response.choices[1].message.content as output_text,
    coalesce(messages[-1] ->> '$.content', cast(messages[-1] as varchar)) as prompt_text,
    case when messages is not null then list_concat(
        list_filter([cast(model_parameters.tools as varchar)], lambda block: block is not null),
        list_transform(messages, lambda message: cast(message as varchar))
    ) end as prompt_blocks,
    case when messages is not null
        then (model_parameters.tools is not null)::integer
            + (coalesce(messages[1] ->> '$.role' in ('system', 'developer'), false))::integer
    end as system_blocks,
    response_cost as cost_logged_usd
from counted
