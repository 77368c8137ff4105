-- openai: responses of the OpenAI Chat Completions API, and of the many servers that speak it
--
-- source: your application's own log of response objects or stream chunks, one a line; alone, or as {"ts", "request",
--   "response"}
-- ingest: llmcost ingest /var/log/myapp/openai*.jsonl
-- columns: {"*": "envelope", "response": "record", "request": {"max_tokens": "VARCHAR",
--   "max_completion_tokens": "VARCHAR", "tools": "JSON", "messages": ["JSON"], "temperature": "VARCHAR",
--   "user": "VARCHAR"}, "created_at": "VARCHAR", "host": "VARCHAR", "llmcost": "VARCHAR", "litellm_call_id": "VARCHAR",
--   "call_type": "VARCHAR"}
-- record: {"id": "VARCHAR", "object": "VARCHAR", "created": "VARCHAR", "model": "VARCHAR", "service_tier": "VARCHAR",
--   "provider": "VARCHAR", "x_groq": {"id": "VARCHAR", "usage": "openai_usage"}, "prompt_filter_results": "VARCHAR",
--   "choices": [{"finish_reason": "VARCHAR", "message": "VARCHAR", "text": "VARCHAR", "delta": "VARCHAR",
--   "usage": "openai_usage"}], "usage": "openai_usage"}
-- within: response
-- claims: (coalesce(response.object, object) in ('chat.completion', 'chat.completion.chunk', 'text_completion')
--     or (coalesce(response.object, object) = 'list'
--       and coalesce(response.usage.prompt_tokens, usage.prompt_tokens) is not null
--       and coalesce(response.model, model) is not null)
--     or (coalesce(response.object, object) is null and coalesce(response.model, model) is not null
--       and coalesce(response.choices[1].delta, choices[1].delta, response.choices[1].message, choices[1].message)
--       is not null))
--   and llmcost is null and litellm_call_id is null and call_type is null
-- cached: decided by total_tokens; without it inside prompt_tokens
-- reasoning: decided by total_tokens; without it inside completion_tokens, beside it for Perplexity
-- lacks: who served the call, where no field or host says it; the region; hours of hosted tools
-- truth: total_tokens decides: prompt_tokens holds the cached and the written tokens and completion_tokens the
--   reasoning
--   unless the total says otherwise (xAI, Gemini). An embedding has no output.
-- truth: usage may be in a stream's last choice (Moonshot) or under x_groq (Groq).
-- truth: a body does not say who served it. Groq, DeepSeek, Azure and OpenRouter are recognised by their own fields,
--   others by the model or by "host" next to the response. DeepSeek's prompt_cache_hit_tokens, Mistral's
--   num_cached_tokens and Moonshot's cached_tokens are other names of the cached tokens.
-- truth: gateways give Claude's and Qwen's cache reads and writes by names of their own (cache_read_input_tokens,
--   cache_creation_input_tokens, cached_creation_tokens and the like), with the writes' lives where they know them.
-- truth: Perplexity's reasoning and citation tokens are not part of its other counts; its cost is an object.
--   OpenRouter's cost with your own key (is_byok) is its fee: what the model's host bills is in cost_details. xAI's
--   cost_in_usd_ticks, 1e10 to the dollar, is the exact bill.
-- truth: an id that is not a vendor's (chatcmpl-307 of Ollama) is reused: with another created time it is another call.

with calls as (
    select *, coalesce(record.usage, record.x_groq.usage, list_filter(
        list_transform(record.choices, lambda choice: choice.usage), lambda counts: counts is not null
    )[1]) as used
    from lines
),

counted as (
    select
        *,
        gateway_counts(used, used.prompt_tokens_details) as caches,
        coalesce(used.completion_tokens_details.reasoning_tokens, used.reasoning_tokens) as reasoning,
        coalesce(used.search_context_size, used.citation_tokens, used.num_search_queries) is not null as is_perplexity
    from calls
)

select
    line,
    used is not null as carries_call,
    told_apart(record.id, record.created) as request_id,
    coalesce(ts, timestamp, time, created_at, record.created) as ts,
    case
        when host is not null then host
        when record.x_groq is not null or used.queue_time is not null then 'groq'
        when used.prompt_cache_hit_tokens is not null then 'deepseek'
        when record.prompt_filter_results is not null then 'azure'
        when is_perplexity then 'perplexity'
        when used.cost_in_usd_ticks is not null or used.num_sources_used is not null then 'x-ai'
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
    -- behind a gateway the caches belong to the provider that served
    case when record.provider is not null then short_hash(record.provider) end as organisation,
    used.prompt_tokens as input_tokens,
    largest([caches.cache_read, used.prompt_cache_hit_tokens, used.num_cached_tokens, used.cached_tokens])
        as cache_read_tokens,
    caches.cache_write as cache_write_tokens,
    caches.cache_write_5m as cache_write_5m_tokens,
    caches.cache_write_1h as cache_write_1h_tokens,
    coalesce(used.completion_tokens, case when record.object = 'list' then '0' end) as output_tokens,
    reasoning as reasoning_tokens,
    case when not is_perplexity then used.total_tokens end as total_tokens,
    is_perplexity as output_excludes_reasoning,
    used.prompt_tokens_details.audio_tokens as input_audio_tokens,
    used.prompt_tokens_details.image_tokens as input_image_tokens,
    used.completion_tokens_details.audio_tokens as output_audio_tokens,
    used.completion_tokens_details.image_tokens as output_image_tokens,
    coalesce(
        used.num_search_queries, used.server_tool_use.web_search_requests,
        used.server_side_tool_usage_details['web_search_calls']
    ) as web_searches,
    uses_of(list_concat(xai_uses(used.server_side_tool_usage_details), [
        {'key': 'citation_tokens', 'value': used.citation_tokens},
        {
            'key': 'search_context_' || lower(used.search_context_size),
            'value': case when lower(used.search_context_size) <> 'low' then '1' end
        }
    ])) as tools,
    'caches' as input_holds,
    case
        when used.prompt_tokens is null or (used.completion_tokens is null and record.object <> 'list')
        then coalesce(
            at_path(line.raw, '$.response.usage'), at_path(line.raw, '$.usage'), at_path(line.raw, '$.x_groq.usage'))
    end as unread_usage,
    coalesce(request.max_completion_tokens, request.max_tokens) as max_output_tokens,
    record.choices[1].finish_reason as stop_reason,
    record.service_tier as service_tier,
    latency_ms,
    case when request.messages is not null then to_json({'model': record.model, 'request': request}) end as prompt_key,
    coalesce(record.choices[1].message, record.choices[1].text) as output_text,
    request.messages[-1]::varchar as prompt_text,
    case when request.messages is not null then list_concat(
        list_filter([request.tools::varchar], lambda block: block is not null),
        list_transform(request.messages, lambda message: message::varchar)
    ) end as prompt_blocks,
    case when request.messages is not null
        then (request.tools is not null)::integer
            + (coalesce(request.messages[1] ->> '$.role' in ('system', 'developer'), false))::integer
    end as system_blocks,
    case when request.messages is not null then cache_key_at(line.raw, '$.request') end as cache_key_text,
    case when request.messages is not null then cache_retention_at(line.raw, '$.request') end as cache_retention,
    coalesce(
        used.cost_in_usd_ticks / 1e10,
        logged_cost(used.cost) + case
            when lower(used.is_byok) = 'true' then coalesce(used.cost_details.upstream_inference_cost, 0) else 0
        end
    ) as cost_logged_usd
from counted
