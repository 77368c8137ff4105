-- langfuse: observations and traces exported from Langfuse
--
-- source: an export of observations (project settings, blob storage; or the table's export), or what the API's
--   /observations and /traces/{id} answer
-- ingest: curl -su "$LANGFUSE_PUBLIC_KEY:$LANGFUSE_SECRET_KEY"
--   "$LANGFUSE_HOST/api/public/observations?type=GENERATION" | llmcost ingest -
-- columns: {"trace": {"name": "VARCHAR", "userId": "VARCHAR", "sessionId": "VARCHAR", "tags": ["VARCHAR"]},
--   "observations": ["record"], "data": ["record"]}
-- record: {"id": "VARCHAR", "traceId": "VARCHAR", "trace_id": "VARCHAR", "type": "VARCHAR", "name": "VARCHAR",
--   "parentObservationId": "VARCHAR", "parent_observation_id": "VARCHAR",
--   "startTime": "VARCHAR", "start_time": "VARCHAR", "endTime": "VARCHAR", "end_time": "VARCHAR",
--   "completionStartTime": "VARCHAR", "completion_start_time": "VARCHAR",
--   "model": "VARCHAR", "providedModelName": "VARCHAR", "provided_model_name": "VARCHAR",
--   "modelParameters": "langfuse_parameters",
--   "model_parameters": "langfuse_parameters",
--   "usageDetails": "MAP(VARCHAR, VARCHAR)", "usage_details": "MAP(VARCHAR, VARCHAR)",
--   "usage": {"input": "VARCHAR", "output": "VARCHAR", "total": "VARCHAR", "unit": "VARCHAR",
--     "promptTokens": "VARCHAR", "completionTokens": "VARCHAR", "totalTokens": "VARCHAR"},
--   "promptTokens": "VARCHAR", "completionTokens": "VARCHAR",
--   "costDetails": {"total": "DOUBLE"}, "cost_details": {"total": "DOUBLE"}, "calculatedTotalCost": "DOUBLE",
--   "promptName": "VARCHAR", "prompt_name": "VARCHAR", "promptVersion": "VARCHAR", "prompt_version": "VARCHAR",
--   "userId": "VARCHAR", "user_id": "VARCHAR", "sessionId": "VARCHAR", "session_id": "VARCHAR",
--   "traceName": "VARCHAR", "trace_name": "VARCHAR", "tags": ["VARCHAR"], "trace_tags": ["VARCHAR"],
--   "environment": "VARCHAR", "release": "VARCHAR", "version": "VARCHAR", "level": "VARCHAR",
--   "statusMessage": "VARCHAR", "status_message": "VARCHAR", "output": "JSON"}
-- records: coalesce(observations, data)
-- claims: coalesce(type, observations[1].type, data[1].type) in ('GENERATION', 'SPAN', 'EVENT', 'AGENT', 'TOOL',
--     'CHAIN', 'RETRIEVER', 'EVALUATOR', 'EMBEDDING', 'GUARDRAIL')
--   and coalesce(traceId, trace_id, observations[1].traceId, observations[1].trace_id, data[1].traceId,
--     data[1].trace_id) is not null
-- cached: decided by the total; without it outside, each name apart, and inside under prompt_details and
--   input_details
-- reasoning: decided by the total; without it outside, each name apart, and inside under the details of the output
-- lacks: the life of cache writes unless the integration names it; tiers and regions outside of the model's parameters;
--   uses of tools that neither the usage nor the output names
-- truth: total decides. It is the sum of all names where these are disjoint, as Langfuse asks: what begins with input
--   or prompt is the prompt, what begins with output, completion, candidates or response the answer, a name with cache
--   that part alone. It is input + output where an integration left the cached tokens or a modality inside input, or
--   the reasoning inside output. Without a total they are taken to be apart, but for two names of one count (input and
--   prompt_tokens). Names under prompt_details, input_details and the like are always inside. Gemini's names are read
--   too.
-- truth: a name with audio, image or video is that part of its count. Uses of hosted tools are those that the usage
--   names, such as web_search_requests, or else the calls in an output of OpenAI's Responses API.
--   The service tier and the region are those of the model's parameters.
-- truth: a name that is none of these, and may be a count, makes the line a reject.
-- truth: usage may be on an observation and on those below it: the lowest ones count.

with placed as (
    select
        line,
        record,
        coalesce(record.traceId, record.trace_id) as trace_id,
        coalesce(record.parentObservationId, record.parent_observation_id) as parent_id,
        coalesce(record.startTime, record.start_time) as started,
        coalesce(record.endTime, record.end_time) as ended,
        coalesce(record.completionStartTime, record.completion_start_time) as answered,
        coalesce(record.traceName, record.trace_name, trace.name, case when observations is not null then name end)
            as trace_name,
        coalesce(record.userId, record.user_id, trace.userId, case when observations is not null then userId end)
            as user_id,
        coalesce(
            record.sessionId, record.session_id, trace.sessionId, case when observations is not null then sessionId end
        ) as session_id,
        coalesce(record.tags, record.trace_tags, trace.tags, case when observations is not null then tags end)
            as labels,
        coalesce(record.promptName, record.prompt_name) as prompt_name,
        coalesce(record.promptVersion, record.prompt_version) as prompt_version,
        coalesce(record.modelParameters, record.model_parameters) as parameters,
        coalesce(
            case when cardinality(record.usageDetails) > 0 then map_entries(record.usageDetails) end,
            case when cardinality(record.usage_details) > 0 then map_entries(record.usage_details) end,
            case when coalesce(record.usage.unit, 'TOKENS') = 'TOKENS' then [
                {'key': 'input', 'value': coalesce(record.usage.input, record.usage.promptTokens, record.promptTokens)},
                {
                    'key': 'output',
                    'value': coalesce(record.usage.output, record.usage.completionTokens, record.completionTokens)
                },
                {'key': 'total', 'value': coalesce(record.usage.total, record.usage.totalTokens)}
            ] end
        ) as usage
    from lines
),

sorted as (
    select
        *,
        -- promptTokenCount and prompt_token_count are one name
        list_transform(usage, lambda it: {
            'key': lower(regexp_replace(it.key, '([a-z])([A-Z])', '\1_\2', 'g')), 'value': it.value
        }) as counts
    from placed
),

named as (
    select
        *,
        list_filter(counts, lambda it: regexp_matches(it.key, 'cache')) as caches,
        list_filter(
            counts,
            lambda it: regexp_matches(it.key, '^(input|prompt|tool_use_prompt|text_input)')
                and not regexp_matches(it.key, 'cache|detail')
        ) as plain,
        list_filter(counts, lambda it: regexp_matches(it.key, 'reasoning|thought|thinking')) as thinking,
        list_filter(
            counts,
            lambda it: regexp_matches(it.key, '^(output|completion|candidates|response|text_output|accepted|rejected)')
                and not regexp_matches(it.key, 'reasoning|thought|thinking|detail')
        ) as answer,
        list_filter(counts, lambda it: regexp_matches(it.key, '^total'))[1].value as total_tokens,
        list_filter(counts, lambda it: is_tool_use(it.key)) as used,
        items_kept(unquoted(record.output)) as items
    from sorted
),

-- a count itself, by whichever of its names, and what else is of its kind
headed as (
    select
        *,
        largest(list_transform(
            list_filter(plain, lambda it: regexp_full_match(it.key, '(input|prompt)(_tokens?)?(_count)?')),
            lambda it: it.value
        )) as prompt,
        list_transform(
            list_filter(plain, lambda it: not regexp_full_match(it.key, '(input|prompt)(_tokens?)?(_count)?')),
            lambda it: it.value
        ) as other_prompts,
        largest(list_transform(
            list_filter(
                answer, lambda it: regexp_full_match(it.key, '(output|completion|candidates|response)(_tokens?)?(_count)?')
            ),
            lambda it: it.value
        )) as spoken,
        list_transform(
            list_filter(
                answer,
                lambda it: not regexp_full_match(it.key, '(output|completion|candidates|response)(_tokens?)?(_count)?')
            ),
            lambda it: it.value
        ) as other_answers
    from named
),

-- more than the total is not apart
nested as (
    select
        *,
        coalesce(
            parse_count(total_tokens) > 0
            and parse_count(tallied(list_concat([prompt, spoken], other_prompts, other_answers)))
                > parse_count(total_tokens),
            false
        ) as holds_parts
    from headed
),

calls as (
    select
        *,
        case when holds_parts and prompt is not null then prompt else tallied(list_concat([prompt], other_prompts)) end
            as input_tokens,
        tallied(list_transform(
            list_filter(caches, lambda it: not regexp_matches(it.key, 'creation|write')), lambda it: it.value
        )) as cache_read_tokens,
        -- one total of the writes, and the lives that it is split by
        tallied(list_transform(
            list_filter(
                caches,
                lambda it: regexp_matches(it.key, 'creation|write') and not regexp_matches(it.key, '1h|5m|ephemeral')
            ),
            lambda it: it.value
        )) as cache_write_tokens,
        tallied(list_transform(
            list_filter(caches, lambda it: regexp_matches(it.key, '5m')), lambda it: it.value
        )) as cache_write_5m_tokens,
        tallied(list_transform(
            list_filter(caches, lambda it: regexp_matches(it.key, '1h')), lambda it: it.value
        )) as cache_write_1h_tokens,
        case when holds_parts and spoken is not null then spoken else tallied(list_concat([spoken], other_answers)) end
            as output_tokens,
        tallied(list_transform(thinking, lambda it: it.value)) as reasoning_tokens,
        list_filter(
            counts,
            lambda it: parse_count(it.value) <> 0
                and not is_tool_use(it.key)
                and not regexp_matches(
                    it.key,
                    'cache|reasoning|thought|thinking|detail|cost|price|time|second'
                    || '|^(input|prompt|tool_use_prompt|text_input|output|completion|candidates|response|text_output)'
                    || '|^(accepted|rejected|total|search|num_|calls|requests)')
        ) as unread
    from nested
)

select
    line,
    list_bool_or(list_transform(
        [input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_5m_tokens,
            cache_write_1h_tokens, reasoning_tokens, total_tokens],
        lambda count: coalesce(count, '0') <> '0'
    )) as carries_call,
    trace_id || ':' || record.id as request_id,
    trace_id,
    trace_id || ':' || parent_id as parent_id,
    started as ts,
    coalesce(record.model, record.providedModelName, record.provided_model_name) as model,
    trace_name as feature,
    case when prompt_version is null then prompt_name else prompt_name || ' v' || prompt_version end as prompt_id,
    user_id,
    coalesce(session_id, trace_id) as session_id,
    map_from_entries(list_filter([
        {'key': 'observation', 'value': record.name},
        {'key': 'labels', 'value': nullif(array_to_string(labels, ', '), '')},
        {'key': 'environment', 'value': record.environment},
        {'key': 'release', 'value': record.release},
        {'key': 'version', 'value': record.version},
        {'key': 'error', 'value': error_class(coalesce(record.statusMessage, record.status_message))}
    ], lambda entry: entry.value is not null)) as tags,
    input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    cache_write_5m_tokens,
    cache_write_1h_tokens,
    coalesce(output_tokens, '0') as output_tokens,
    reasoning_tokens,
    total_tokens,
    of_kind(counts, '^(input|prompt)', 'audio') as input_audio_tokens,
    of_kind(counts, '^(input|prompt)', 'image') as input_image_tokens,
    of_kind(counts, '^(input|prompt)', 'video') as input_video_tokens,
    of_kind(counts, 'cache', 'audio') as cache_read_audio_tokens,
    of_kind(counts, 'cache', 'image') as cache_read_image_tokens,
    of_kind(counts, '^(output|completion|candidates|response)', 'audio') as output_audio_tokens,
    of_kind(counts, '^(output|completion|candidates|response)', 'image') as output_image_tokens,
    of_kind(counts, '^(output|completion|candidates|response)', 'video') as output_video_tokens,
    coalesce(searches_named(used), searches_among(items)) as web_searches,
    uses_of(list_concat(uses_named(used), uses_among(items))) as tools,
    parameters.service_tier as service_tier,
    region_of(parameters.inference_geo) as region,
    case when list_bool_or(list_transform(caches, lambda it: contains(it.key, 'detail'))) then 'caches' end as input_holds,
    not coalesce(list_bool_or(list_transform(thinking, lambda it: contains(it.key, 'detail'))), false)
        as output_excludes_reasoning,
    case
        when len(unread) > 0
        then '{' || array_to_string(list_transform(unread, lambda it: '"' || it.key || '": ' || it.value), ', ') || '}'
    end as unread_usage,
    coalesce(parameters.max_completion_tokens, parameters.max_tokens) as max_output_tokens,
    case when record.level = 'ERROR' then 'error' end as status,
    (epoch_us(as_time(ended)) - epoch_us(as_time(started))) / 1000 as latency_ms,
    (epoch_us(as_time(answered)) - epoch_us(as_time(started))) / 1000 as ttft_ms,
    coalesce(record.costDetails.total, record.cost_details.total, nullif(record.calculatedTotalCost, 0))
        as cost_logged_usd
from calls
