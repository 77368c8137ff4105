-- litellm-spend-logs: rows of LiteLLM's table of spend
--
-- source: the proxy's /spend/logs, or the table LiteLLM_SpendLogs exported as JSON, one row a line or one array
-- ingest: curl -sH "Authorization: Bearer $LITELLM_MASTER_KEY" http://localhost:4000/spend/logs | llmcost ingest -
-- columns: {"request_id": "VARCHAR", "call_type": "VARCHAR", "api_key": "VARCHAR", "spend": "DOUBLE",
--   "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "total_tokens": "VARCHAR",
--   "startTime": "VARCHAR", "endTime": "VARCHAR", "completionStartTime": "VARCHAR",
--   "api_base": "VARCHAR",
--   "model": "VARCHAR", "model_group": "VARCHAR", "custom_llm_provider": "VARCHAR", "cache_hit": "VARCHAR",
--   "user": "VARCHAR", "end_user": "VARCHAR", "team_id": "VARCHAR", "session_id": "VARCHAR", "status": "VARCHAR",
--   "request_tags": "JSON", "metadata": "JSON"}
-- wraps: anthropic, cohere, gemini, openai, openai-responses
-- claims: spend is not null and request_id is not null and call_type is not null
-- cached: decided by total_tokens; without it inside prompt_tokens, Anthropic's too
-- reasoning: decided by total_tokens; without it inside completion_tokens
-- lacks: cached tokens where metadata has no usage_object; prompts unless they are stored; fees of tools other
--   than web search
-- truth: total_tokens decides: prompt_tokens holds cache reads and writes, Anthropic's too, and completion_tokens the
--   reasoning, unless the total says otherwise (xAI; LiteLLM's older versions count cache writes apart). The cached
--   part is in metadata only: a row without it counts everything as plain input. What cache_creation_token_details
--   leaves of the writes lives 5 minutes.
-- truth: fetching, listing, cancelling or deleting a stored response is not a call.
-- truth: an id that is not a vendor's (chatcmpl-307 of Ollama) is reused: with another start it is another call.
-- truth: cache_hit is LiteLLM's response cache, which costs nothing, not the provider's prompt cache. metadata and
--   request_tags may be JSON or JSON as text.

with calls as (
    select
        *,
        coalesce(lower(cache_hit) = 'true', false) as served_from_cache,
        try(from_json(unquoted(request_tags), '["VARCHAR"]')) as tags_listed,
        try(from_json(unquoted(metadata), '{
            "status": "VARCHAR", "user_api_key_alias": "VARCHAR", "user_api_key_team_alias": "VARCHAR",
            "user_api_key_user_id": "VARCHAR", "error_information": {"error_class": "VARCHAR"},
            "usage_object": "JSON", "additional_usage_values": "JSON"
        }')) as noted
    from lines
),

counted as (
    select
        *,
        named_tags(tags_listed) as tag_map,
        try(from_json(coalesce(noted.usage_object, noted.additional_usage_values), '{
            "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "total_tokens": "VARCHAR",
            "prompt_tokens_details": {"cached_tokens": "VARCHAR", "cached_read_tokens": "VARCHAR",
                "cache_write_tokens": "VARCHAR", "cached_write_tokens": "VARCHAR", "cache_creation_tokens": "VARCHAR",
                "cached_creation_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR",
                "audio_tokens": "VARCHAR", "image_tokens": "VARCHAR", "web_search_requests": "VARCHAR",
                "cache_creation_token_details": {
                    "ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
                "cache_creation": {
                    "ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"}},
            "completion_tokens_details": {"reasoning_tokens": "VARCHAR", "audio_tokens": "VARCHAR",
                "image_tokens": "VARCHAR"},
            "cache_read_input_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR",
            "cache_creation": {"ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
            "claude_cache_creation_5_m_tokens": "VARCHAR", "claude_cache_creation_1_h_tokens": "VARCHAR",
            "speed": "VARCHAR", "inference_geo": "VARCHAR", "service_tier": "VARCHAR",
            "server_tool_use": {"web_search_requests": "VARCHAR"}
        }')) as detail
    from calls
),

parted as (
    select
        *,
        gateway_counts(detail, detail.prompt_tokens_details) as caches
    from counted
)

select
    line,
    not is_retrieval(call_type) as carries_call,
    told_apart(request_id, started_second(startTime)) as request_id,
    startTime as ts,
    custom_llm_provider as provider,
    coalesce(nullif(model, ''), model_group) as model,
    coalesce(tag_map['feature'], list_filter(tags_listed, lambda tag: not contains(tag, ':'))[1]) as feature,
    coalesce(tag_map['task_type'], tag_map['task']) as task_type,
    tag_map['prompt_id'] as prompt_id,
    coalesce(nullif(end_user, ''), nullif("user", ''), noted.user_api_key_user_id) as user_id,
    session_id,
    coalesce(tag_map['project'], noted.user_api_key_team_alias, nullif(team_id, '')) as project,
    map_concat(tag_map, map_from_entries(list_filter([
        {'key': 'model_group', 'value': nullif(model_group, '')},
        {'key': 'key', 'value': noted.user_api_key_alias},
        {'key': 'response_cache', 'value': case when served_from_cache then 'hit' end},
        {'key': 'error', 'value': noted.error_information.error_class}
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
    case when not served_from_cache then total_tokens end as total_tokens,
    'caches' as input_holds,
    case
        when served_from_cache or is_retrieval(call_type) then null
        when prompt_tokens is null or completion_tokens is null then own_values(line.raw)
        when prompt_tokens = '0' and completion_tokens = '0'
        then at_path(unquoted(metadata), '$.usage_object')
    end as unread_usage,
    case
        when not served_from_cache
        then coalesce(
            detail.server_tool_use.web_search_requests,
            noted.additional_usage_values ->> '$.server_tool_use.web_search_requests', detail.prompt_tokens_details.web_search_requests
        )
    end as web_searches,
    case when not served_from_cache then detail.prompt_tokens_details.audio_tokens end as input_audio_tokens,
    case when not served_from_cache then detail.prompt_tokens_details.image_tokens end as input_image_tokens,
    case when not served_from_cache then detail.completion_tokens_details.audio_tokens end as output_audio_tokens,
    case when not served_from_cache then detail.completion_tokens_details.image_tokens end as output_image_tokens,
    coalesce(nullif(tier_of(detail.speed), 'standard'), detail.service_tier) as service_tier,
    coalesce(region_of(detail.inference_geo), region_in(api_base)) as region,
    coalesce(status, noted.status) as status,
    (epoch_us(as_time(endTime)) - epoch_us(as_time(startTime))) / 1000 as latency_ms,
    (epoch_us(as_time(completionStartTime)) - epoch_us(as_time(startTime))) / 1000 as ttft_ms,
    spend as cost_logged_usd
from parted
