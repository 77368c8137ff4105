-- litellm: LiteLLM's standard logging payload
--
-- source: a LiteLLM proxy's success and failure callbacks (s3, gcs, file), one payload a line
-- ingest: aws s3 sync s3://BUCKET/litellm litellm-logs && llmcost ingest litellm-logs
-- columns: {"id": "VARCHAR", "litellm_call_id": "VARCHAR", "trace_id": "VARCHAR", "call_type": "VARCHAR",
--   "status": "VARCHAR", "custom_llm_provider": "VARCHAR", "model": "VARCHAR", "model_group": "VARCHAR",
--   "api_base": "VARCHAR", "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "total_tokens": "VARCHAR",
--   "response_cost": "DOUBLE", "spend": "DOUBLE", "startTime": "VARCHAR", "endTime": "VARCHAR",
--   "completionStartTime": "VARCHAR", "cache_hit": "VARCHAR", "request_tags": ["VARCHAR"], "end_user": "VARCHAR",
--   "session_id": "VARCHAR", "error_str": "VARCHAR", "metadata": {"user_api_key_team_alias": "VARCHAR",
--   "user_api_key_alias": "VARCHAR", "user_api_key_user_id": "VARCHAR", "usage_object": "litellm_usage"},
--   "model_parameters": {"max_tokens": "VARCHAR", "max_completion_tokens": "VARCHAR", "tools": "JSON",
--   "temperature": "VARCHAR", "service_tier": "VARCHAR"}, "messages": ["JSON"],
--   "response": {"choices": [{"finish_reason": "VARCHAR", "message": {"content": "VARCHAR"}}],
--   "output": ["JSON"], "service_tier": "VARCHAR", "usage": "litellm_usage"}}
-- wraps: anthropic, cohere, gemini, openai, openai-responses
-- claims: litellm_call_id is not null or (call_type is not null and custom_llm_provider is not null and spend is null)
-- cached: decided by total_tokens; without it inside prompt_tokens, Anthropic's too
-- reasoning: decided by total_tokens; without it inside completion_tokens
-- lacks: fees of tools where the response is not logged; prompts where message logging is off
-- truth: total_tokens decides: prompt_tokens holds cache reads and writes, Anthropic's too, and completion_tokens the
--   reasoning, unless the total says otherwise (xAI; LiteLLM's older versions count cache writes apart). The parts
--   stand
--   in metadata.usage_object, else in the response's usage. What cache_creation_token_details leaves of the writes
--   lives
--   5 minutes.
-- truth: fetching, listing, cancelling or deleting a stored response is not a call.
-- truth: an id that is not a vendor's (chatcmpl-307 of Ollama) is reused: with another start it is another call.
-- truth: cache_hit is LiteLLM's response cache, which costs nothing, not the provider's prompt cache.

with calls as (
    select
        *,
        coalesce(metadata.usage_object, response.usage) as detail,
        coalesce(lower(cache_hit) = 'true', false) as served_from_cache,
        list_filter(request_tags, lambda tag: not contains(tag, ':')) as bare_tags,
        named_tags(request_tags) as tag_map
    from lines
),

counted as (
    select
        *,
        gateway_counts(detail, detail.prompt_tokens_details) as caches
    from calls
)

select
    line,
    (prompt_tokens is not null or response_cost is not null) and not is_retrieval(call_type) as carries_call,
    coalesce(told_apart(id, started_second(startTime)), litellm_call_id) as request_id,
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
        {'key': 'error', 'value': error_class(error_str)}
    ], lambda entry: entry.value is not null))) as tags,
    served_from_cache,
    -- what LiteLLM's own cache served was not billed
    case when served_from_cache then '0' else prompt_tokens end as input_tokens,
    case when not served_from_cache then caches.cache_read end as cache_read_tokens,
    case when not served_from_cache then caches.cache_write end as cache_write_tokens,
    case when not served_from_cache then caches.cache_write_5m end as cache_write_5m_tokens,
    case when not served_from_cache then caches.cache_write_1h end as cache_write_1h_tokens,
    case when served_from_cache then '0' else completion_tokens end as output_tokens,
    case when not served_from_cache then detail.completion_tokens_details.reasoning_tokens end as reasoning_tokens,
    case when not served_from_cache then coalesce(total_tokens, detail.total_tokens) end as total_tokens,
    'caches' as input_holds,
    case
        when not served_from_cache
        then coalesce(
            detail.server_tool_use.web_search_requests, detail.prompt_tokens_details.web_search_requests,
            searches_among(response.output)
        )
    end as web_searches,
    case
        when not served_from_cache and not is_retrieval(call_type) then uses_of(uses_among(response.output))
    end as tools,
    case when not served_from_cache then detail.prompt_tokens_details.audio_tokens end as input_audio_tokens,
    case when not served_from_cache then detail.prompt_tokens_details.image_tokens end as input_image_tokens,
    case when not served_from_cache then detail.completion_tokens_details.audio_tokens end as output_audio_tokens,
    case when not served_from_cache then detail.completion_tokens_details.image_tokens end as output_image_tokens,
    case
        when not served_from_cache and not is_retrieval(call_type)
            and (prompt_tokens is null or completion_tokens is null)
        then coalesce(at_path(line.raw, '$.metadata.usage_object'), at_path(line.raw, '$.response.usage'))
    end as unread_usage,
    coalesce(model_parameters.max_completion_tokens, model_parameters.max_tokens) as max_output_tokens,
    response.choices[1].finish_reason as stop_reason,
    coalesce(
        nullif(tier_of(detail.speed), 'standard'), response.service_tier, detail.service_tier,
        model_parameters.service_tier
    ) as service_tier,
    coalesce(region_of(detail.inference_geo), region_in(api_base)) as region,
    status,
    (epoch_us(as_time(endTime)) - epoch_us(as_time(startTime))) / 1000 as latency_ms,
    (epoch_us(as_time(completionStartTime)) - epoch_us(as_time(startTime))) / 1000 as ttft_ms,
    case when messages is not null
        then to_json({'model': model, 'parameters': model_parameters, 'messages': messages})
    end as prompt_key,
    response.choices[1].message.content as output_text,
    coalesce(messages[-1] ->> '$.content', messages[-1]::varchar) as prompt_text,
    case when messages is not null then list_concat(
        list_filter([model_parameters.tools::varchar], lambda block: block is not null),
        list_transform(messages, lambda message: message::varchar)
    ) end as prompt_blocks,
    case when messages is not null
        then (model_parameters.tools is not null)::integer
            + (coalesce(messages[1] ->> '$.role' in ('system', 'developer'), false))::integer
    end as system_blocks,
    case when messages is not null then cache_key_at(line.raw, '$.model_parameters') end as cache_key_text,
    case when messages is not null then cache_retention_at(line.raw, '$.model_parameters') end as cache_retention,
    response_cost as cost_logged_usd
from counted
