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
--   "modelParameters": {"max_tokens": "VARCHAR", "max_completion_tokens": "VARCHAR"},
--   "model_parameters": {"max_tokens": "VARCHAR", "max_completion_tokens": "VARCHAR"},
--   "usageDetails": "MAP(VARCHAR, VARCHAR)", "usage_details": "MAP(VARCHAR, VARCHAR)",
--   "usage": {"input": "VARCHAR", "output": "VARCHAR", "total": "VARCHAR", "unit": "VARCHAR"},
--   "promptTokens": "VARCHAR", "completionTokens": "VARCHAR",
--   "costDetails": {"total": "DOUBLE"}, "cost_details": {"total": "DOUBLE"}, "calculatedTotalCost": "DOUBLE",
--   "promptName": "VARCHAR", "prompt_name": "VARCHAR", "promptVersion": "VARCHAR", "prompt_version": "VARCHAR",
--   "userId": "VARCHAR", "user_id": "VARCHAR", "sessionId": "VARCHAR", "session_id": "VARCHAR",
--   "traceName": "VARCHAR", "trace_name": "VARCHAR", "tags": ["VARCHAR"], "trace_tags": ["VARCHAR"],
--   "environment": "VARCHAR", "release": "VARCHAR", "version": "VARCHAR", "level": "VARCHAR",
--   "statusMessage": "VARCHAR", "status_message": "VARCHAR"}
-- records: coalesce(observations, data)
-- claims: coalesce(type, observations[1].type, data[1].type) in ('GENERATION', 'SPAN', 'EVENT', 'AGENT', 'TOOL',
--     'CHAIN', 'RETRIEVER', 'EVALUATOR', 'EMBEDDING', 'GUARDRAIL')
--   and coalesce(traceId, trace_id, observations[1].traceId, observations[1].trace_id, data[1].traceId,
--     data[1].trace_id) is not null
-- truth: the names in usage_details are disjoint: all that begin with input are the prompt, all that begin with output
--   are the answer (output_reasoning is not in output), a name with cache is that part alone. Only what stands under
--   prompt_details and completion_details is inside input and output. total is their sum, and is not counted.
-- truth: usage may stand on an observation and on those below it: the lowest ones count.

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
                {'key': 'input', 'value': coalesce(record.usage.input, record.promptTokens)},
                {'key': 'output', 'value': coalesce(record.usage.output, record.completionTokens)},
                {'key': 'total', 'value': record.usage.total}
            ] end
        ) as usage
    from lines
),

sorted as (
    select
        *,
        list_filter(usage, lambda it: contains(it.key, 'cache') and not regexp_matches(it.key, 'creation|write'))
            as cached,
        list_filter(usage, lambda it: contains(it.key, 'cache') and regexp_matches(it.key, 'creation|write'))
            as written,
        list_filter(
            usage, lambda it: regexp_matches(it.key, '^(input|prompt_tokens$)') and not contains(it.key, 'cache')
        ) as plain,
        list_filter(usage, lambda it: regexp_matches(it.key, '^(output|completion_tokens$)')) as answer,
        list_filter(usage, lambda it: regexp_matches(it.key, 'reasoning|thought')) as thinking
    from placed
),

counted as (
    select
        *,
        tallied(list_transform(plain, lambda it: it.value)) as plain_tokens,
        tallied(list_transform(cached, lambda it: it.value)) as cache_read_tokens,
        tallied(list_transform(
            list_filter(cached, lambda it: contains(it.key, 'details.')), lambda it: it.value
        )) as cached_inside,
        tallied(list_transform(
            list_filter(written, lambda it: not contains(it.key, '1h')), lambda it: it.value
        )) as cache_write_5m_tokens,
        tallied(list_transform(
            list_filter(written, lambda it: contains(it.key, '1h')), lambda it: it.value
        )) as cache_write_1h_tokens,
        tallied(list_transform(answer, lambda it: it.value)) as output_tokens,
        tallied(list_transform(thinking, lambda it: it.value)) as reasoning_tokens,
        list_filter(usage, lambda it: it.key in ('total', 'total_tokens'))[1].value as total_tokens
    from sorted
),

calls as (
    select
        *,
        -- some embeddings name their total alone
        coalesce(
            uncached(plain_tokens, cached_inside, null),
            uncached(total_tokens, cache_read_tokens, output_tokens)
        ) as input_tokens
    from counted
)

select
    line,
    coalesce(input_tokens, '0') <> '0'
    or coalesce(output_tokens, '0') <> '0'
    or coalesce(cache_read_tokens, '0') <> '0'
    or coalesce(cache_write_5m_tokens, '0') <> '0'
    or coalesce(cache_write_1h_tokens, '0') <> '0' as carries_call,
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
        {'key': 'error', 'value': coalesce(record.statusMessage, record.status_message)[:200]}
    ], lambda entry: entry.value is not null)) as tags,
    input_tokens,
    cache_read_tokens,
    cache_write_5m_tokens,
    cache_write_1h_tokens,
    coalesce(output_tokens, '0') as output_tokens,
    reasoning_tokens,
    coalesce(parameters.max_completion_tokens, parameters.max_tokens) as max_output_tokens,
    case when record.level = 'ERROR' then 'error' end as status,
    (epoch_us(as_time(ended)) - epoch_us(as_time(started))) / 1000 as latency_ms,
    (epoch_us(as_time(answered)) - epoch_us(as_time(started))) / 1000 as ttft_ms,
    coalesce(record.costDetails.total, record.cost_details.total, nullif(record.calculatedTotalCost, 0))
        as cost_logged_usd
from calls
