-- gemini: responses of the Gemini API and of Vertex AI
--
-- source: your application's own log of response objects or stream chunks, one a line; alone, or as {"ts", "model",
--   "request", "response"}; also the output files of a batch
-- ingest: llmcost ingest /var/log/myapp/gemini*.jsonl
-- columns: {"*": "envelope", "response": "record", "key": "VARCHAR", "processed_time": "VARCHAR",
--   "request": {"model": "VARCHAR", "generationConfig": {"maxOutputTokens": "VARCHAR"}, "systemInstruction": "JSON",
--   "tools": "JSON", "contents": ["JSON"]}, "model": "VARCHAR", "sessionId": "VARCHAR"}
-- record: {"responseId": "VARCHAR", "response_id": "VARCHAR", "modelVersion": "VARCHAR", "model_version": "VARCHAR",
--   "createTime": "VARCHAR", "create_time": "VARCHAR",
--   "candidates": [{"finishReason": "VARCHAR", "finish_reason": "VARCHAR", "content": "VARCHAR",
--     "groundingMetadata": {"webSearchQueries": ["VARCHAR"]}, "grounding_metadata": {"web_search_queries": ["VARCHAR"]}}],
--   "usageMetadata": {"totalTokenCount": "VARCHAR", "promptTokenCount": "VARCHAR",
--     "cachedContentTokenCount": "VARCHAR",
--     "candidatesTokenCount": "VARCHAR", "thoughtsTokenCount": "VARCHAR", "toolUsePromptTokenCount": "VARCHAR",
--     "responseTokenCount": "VARCHAR", "tokenCount": "VARCHAR",
--     "promptTokensDetails": [{"modality": "VARCHAR", "tokenCount": "VARCHAR"}],
--     "cacheTokensDetails": [{"modality": "VARCHAR", "tokenCount": "VARCHAR"}],
--     "candidatesTokensDetails": [{"modality": "VARCHAR", "tokenCount": "VARCHAR"}],
--     "responseTokensDetails": [{"modality": "VARCHAR", "tokenCount": "VARCHAR"}], "serviceTier": "VARCHAR",
--     "trafficType": "VARCHAR"},
--   "usage_metadata": {"total_token_count": "VARCHAR", "prompt_token_count": "VARCHAR",
--     "cached_content_token_count": "VARCHAR",
--     "candidates_token_count": "VARCHAR", "thoughts_token_count": "VARCHAR", "tool_use_prompt_token_count": "VARCHAR",
--     "response_token_count": "VARCHAR", "token_count": "VARCHAR",
--     "prompt_tokens_details": [{"modality": "VARCHAR", "token_count": "VARCHAR"}],
--     "cache_tokens_details": [{"modality": "VARCHAR", "token_count": "VARCHAR"}],
--     "candidates_tokens_details": [{"modality": "VARCHAR", "token_count": "VARCHAR"}],
--     "response_tokens_details": [{"modality": "VARCHAR", "token_count": "VARCHAR"}], "service_tier": "VARCHAR",
--     "traffic_type": "VARCHAR"},
--   "id": "VARCHAR", "model": "VARCHAR", "created": "VARCHAR", "service_tier": "VARCHAR", "usage": {
--     "total_tokens": "VARCHAR", "total_input_tokens": "VARCHAR", "total_cached_tokens": "VARCHAR",
--     "total_output_tokens": "VARCHAR", "total_thought_tokens": "VARCHAR", "total_tool_use_tokens": "VARCHAR",
--     "input_tokens_by_modality": "gemini_modalities", "cached_tokens_by_modality": "gemini_modalities",
--     "output_tokens_by_modality": "gemini_modalities"}}
-- within: response
-- claims: sessionId is null and coalesce(response.usageMetadata.promptTokenCount,
--   response.usage_metadata.prompt_token_count,
--   response.modelVersion, response.model_version, usageMetadata.totalTokenCount, usageMetadata.promptTokenCount,
--   usage_metadata.total_token_count, usage_metadata.prompt_token_count, usage.total_input_tokens,
--   response.usage.total_input_tokens) is not null
-- cached: inside promptTokenCount; tool prompts are outside it
-- reasoning: decided by totalTokenCount; without it outside candidatesTokenCount
-- lacks: the time, the model in older responses, and the hours for which explicit caches are stored
-- truth: promptTokenCount holds the cached tokens; toolUsePromptTokenCount is not part of it. The thoughts are billed
--   as output: candidatesTokenCount holds them where totalTokenCount says so, else they are added. A count of zero is
--   left out. The chunks of a stream count up: the one with most output is the answer. The Live API names its answer
--   responseTokenCount. The Interactions API counts thoughts and tool prompts next to its input and output.
-- truth: the details by modality are parts of their counts, those of the prompt with what was read from a cache.
-- truth: older responses name no model (it is in the URL): such a call is unpriced unless the line says it.

with calls as (
    select
        *,
        coalesce(
            record.usageMetadata.promptTokenCount, record.usage_metadata.prompt_token_count, record.usage.total_input_tokens
        ) as prompt,
        coalesce(record.usageMetadata.toolUsePromptTokenCount, record.usage_metadata.tool_use_prompt_token_count,
            record.usage.total_tool_use_tokens) as tool_prompt,
        coalesce(record.usageMetadata.cachedContentTokenCount, record.usage_metadata.cached_content_token_count,
            record.usage.total_cached_tokens) as cached,
        coalesce(record.usageMetadata.candidatesTokenCount, record.usage_metadata.candidates_token_count,
            record.usageMetadata.responseTokenCount, record.usage_metadata.response_token_count,
            record.usage.total_output_tokens) as answer,
        coalesce(record.usageMetadata.thoughtsTokenCount, record.usage_metadata.thoughts_token_count,
            record.usage.total_thought_tokens) as thoughts,
        coalesce(record.usageMetadata.totalTokenCount, record.usage_metadata.total_token_count, record.usage.total_tokens)
            as total,
        coalesce(
            nullif(record.usageMetadata.serviceTier, ''), nullif(record.usage_metadata.service_tier, ''),
            record.usageMetadata.trafficType, record.usage_metadata.traffic_type, record.service_tier
        ) as tier,
        coalesce(record.usageMetadata.promptTokensDetails, list_transform(
            record.usage_metadata.prompt_tokens_details, lambda it: {'modality': it.modality, 'tokenCount': it.token_count}
        ), modalities_of(record.usage.input_tokens_by_modality)) as sent,
        coalesce(record.usageMetadata.cacheTokensDetails, list_transform(
            record.usage_metadata.cache_tokens_details, lambda it: {'modality': it.modality, 'tokenCount': it.token_count}
        ), modalities_of(record.usage.cached_tokens_by_modality)) as read,
        coalesce(coalesce(record.usageMetadata.candidatesTokensDetails, list_transform(
            record.usage_metadata.candidates_tokens_details, lambda it: {'modality': it.modality, 'tokenCount': it.token_count}
        )),
            coalesce(record.usageMetadata.responseTokensDetails, list_transform(
            record.usage_metadata.response_tokens_details, lambda it: {'modality': it.modality, 'tokenCount': it.token_count}
        )), modalities_of(record.usage.output_tokens_by_modality)) as made,
        coalesce(len(list_distinct(list_filter(flatten(list_transform(record.candidates, lambda it: coalesce(
            it.groundingMetadata.webSearchQueries, it.grounding_metadata.web_search_queries, []
        ))), lambda query: query <> ''))), 0) as queries
    from lines
)

select
    line,
    prompt is not null or answer is not null or thoughts is not null as carries_call,
    coalesce(record.responseId, record.response_id, record.id) as request_id,
    coalesce(ts, timestamp, time, processed_time, record.createTime, record.create_time, record.created) as ts,
    'google' as provider,
    coalesce(model, record.modelVersion, record.model_version, record.model, request.model, 'unknown') as model,
    feature,
    task_type,
    prompt_id,
    user_id,
    session_id,
    project,
    tags,
    tallied(['0', prompt, tool_prompt]) as input_tokens,
    cached as cache_read_tokens,
    coalesce(answer, '0') as output_tokens,
    thoughts as reasoning_tokens,
    total as total_tokens,
    'caches' as input_holds,
    true as output_excludes_reasoning,
    case
        when prompt is null or answer is null
        then coalesce(
            at_path(line.raw, '$.response.usageMetadata'), at_path(line.raw, '$.usageMetadata'),
            at_path(line.raw, '$.response.usage_metadata'), at_path(line.raw, '$.usage_metadata'),
            at_path(line.raw, '$.response.usage'), at_path(line.raw, '$.usage'))
    end as unread_usage,
    request.generationConfig.maxOutputTokens as max_output_tokens,
    coalesce(record.candidates[1].finishReason, record.candidates[1].finish_reason) as stop_reason,
    case
        when key is not null or processed_time is not null then 'batch'
        else tier
    end as service_tier,
    without_cached(of_modality(sent, 'AUDIO'), of_modality(read, 'AUDIO')) as input_audio_tokens,
    without_cached(of_modality(sent, 'IMAGE'), of_modality(read, 'IMAGE')) as input_image_tokens,
    of_modality(sent, 'VIDEO') as input_video_tokens,
    of_modality(read, 'AUDIO') as cache_read_audio_tokens,
    of_modality(read, 'IMAGE') as cache_read_image_tokens,
    of_modality(made, 'AUDIO') as output_audio_tokens,
    of_modality(made, 'IMAGE') as output_image_tokens,
    of_modality(made, 'VIDEO') as output_video_tokens,
    -- up to Gemini 2.5 a grounded prompt is billed, from 3 on each of its queries
    case
        when regexp_matches(coalesce(model, record.modelVersion, record.model_version, record.model, request.model), 'gemini-(1|2|pro|flash)')
        then least(queries, 1)
        else queries
    end::varchar as web_searches,
    latency_ms,
    case when request.contents is not null then to_json({'model': model, 'request': request}) end as prompt_key,
    record.candidates[1].content as output_text,
    request.contents[-1]::varchar as prompt_text,
    case when request.contents is not null then list_concat(
        list_filter(
            [request.tools::varchar, request.systemInstruction::varchar],
            lambda block: block is not null
        ),
        list_transform(request.contents, lambda content: content::varchar)
    ) end as prompt_blocks,
    case when request.contents is not null
        then (request.tools is not null)::integer + (request.systemInstruction is not null)::integer
    end as system_blocks
from calls
