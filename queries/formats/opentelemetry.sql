-- opentelemetry: spans of model calls as OpenTelemetry exports them (OTLP JSON)
--
-- source: the OpenTelemetry collector's file exporter, or anything that writes OTLP/JSON export requests, one a line
-- ingest: llmcost ingest /var/log/otel/traces*.jsonl
-- columns: {"resourceSpans": [{
--     "resource": {"attributes": [{"key": "VARCHAR", "value": {"stringValue": "VARCHAR"}}]},
--     "scopeSpans": [{"spans": [{
--       "traceId": "VARCHAR", "spanId": "VARCHAR", "parentSpanId": "VARCHAR", "name": "VARCHAR",
--       "startTimeUnixNano": "VARCHAR", "endTimeUnixNano": "VARCHAR", "status": {"code": "VARCHAR"},
--       "attributes": [{"key": "VARCHAR", "value": {"stringValue": "VARCHAR", "intValue": "VARCHAR",
--         "doubleValue": "VARCHAR", "arrayValue": {"values": [{"stringValue": "VARCHAR"}]}}}]}]}]}]}
-- records: flatten(list_transform(resourceSpans, lambda resource: flatten(list_transform(resource.scopeSpans,
--   lambda scope: list_transform(scope.spans, lambda span: {'resource': resource.resource, 'span': span})))))
-- claims: resourceSpans is not null
-- truth: the cached tokens are inside the input tokens and the reasoning tokens inside the output tokens, as the GenAI
--   conventions ask; where more is said to be cached than went in, the instrumentation counts them apart, and so does
--   llmcost. Names of older conventions (prompt_tokens, gen_ai.system), of OpenInference and of the Vercel AI SDK are
--   read too.
-- truth: spans of agents and tools, and of wrappers around a client, repeat the usage of the spans below: the lowest
--   ones count. A span is known by its trace and its own id.

with named as (
    select
        line,
        record.span as span,
        list_transform(record.span.attributes, lambda it: it.key) as names,
        list_transform(record.span.attributes, lambda it: coalesce(
            it.value.stringValue, it.value.intValue, it.value.doubleValue, it.value.arrayValue.values[1].stringValue
        )) as texts,
        list_transform(record.resource.attributes, lambda it: it.key) as resource_names,
        list_transform(record.resource.attributes, lambda it: it.value.stringValue) as resource_texts
    from lines
),

spans as (
    select
        *,
        coalesce(
            under(names, texts, 'gen_ai.usage.input_tokens'),
            under(names, texts, 'gen_ai.usage.prompt_tokens'),
            under(names, texts, 'llm.usage.prompt_tokens'),
            under(names, texts, 'llm.token_count.prompt'),
            under(names, texts, 'ai.usage.inputTokens'),
            under(names, texts, 'ai.usage.promptTokens')
        ) as prompt,
        coalesce(
            under(names, texts, 'gen_ai.usage.output_tokens'),
            under(names, texts, 'gen_ai.usage.completion_tokens'),
            under(names, texts, 'llm.usage.completion_tokens'),
            under(names, texts, 'llm.token_count.completion'),
            under(names, texts, 'ai.usage.outputTokens'),
            under(names, texts, 'ai.usage.completionTokens')
        ) as answer,
        coalesce(
            under(names, texts, 'gen_ai.usage.cache_read.input_tokens'),
            under(names, texts, 'gen_ai.usage.cache_read_input_tokens'),
            under(names, texts, 'gen_ai.usage.details.cache_read_tokens'),
            under(names, texts, 'llm.token_count.prompt_details.cache_read'),
            under(names, texts, 'ai.usage.cachedInputTokens')
        ) as cache_read,
        coalesce(
            under(names, texts, 'gen_ai.usage.cache_creation.input_tokens'),
            under(names, texts, 'gen_ai.usage.cache_creation_input_tokens'),
            under(names, texts, 'gen_ai.usage.details.cache_write_tokens'),
            under(names, texts, 'llm.token_count.prompt_details.cache_write')
        ) as cache_write,
        coalesce(
            under(names, texts, 'gen_ai.usage.reasoning.output_tokens'),
            under(names, texts, 'gen_ai.usage.reasoning_tokens'),
            under(names, texts, 'gen_ai.usage.details.reasoning_tokens'),
            under(names, texts, 'llm.token_count.completion_details.reasoning'),
            under(names, texts, 'ai.usage.reasoningTokens')
        ) as reasoning
    from named
)

select
    line,
    prompt is not null or answer is not null as carries_call,
    lower(span.traceId || ':' || span.spanId) as request_id,
    lower(span.traceId) as trace_id,
    lower(span.traceId || ':' || nullif(span.parentSpanId, '')) as parent_id,
    span.startTimeUnixNano as ts,
    coalesce(
        under(names, texts, 'gen_ai.provider.name'),
        under(names, texts, 'gen_ai.system'),
        under(names, texts, 'llm.provider')
    ) as provider,
    coalesce(
        under(names, texts, 'gen_ai.response.model'),
        under(names, texts, 'gen_ai.request.model'),
        under(names, texts, 'llm.response.model'),
        under(names, texts, 'llm.request.model'),
        under(names, texts, 'llm.model_name'),
        under(names, texts, 'embedding.model_name'),
        under(names, texts, 'ai.model.id')
    ) as model,
    coalesce(under(names, texts, 'feature'), under(names, texts, 'gen_ai.agent.name')) as feature,
    coalesce(under(names, texts, 'task_type'), under(names, texts, 'gen_ai.operation.name')) as task_type,
    under(names, texts, 'gen_ai.prompt.name') as prompt_id,
    coalesce(under(names, texts, 'user.id'), under(names, texts, 'enduser.id')) as user_id,
    coalesce(
        under(names, texts, 'gen_ai.conversation.id'), under(names, texts, 'session.id'), lower(span.traceId)
    ) as session_id,
    under(resource_names, resource_texts, 'service.name') as project,
    map_from_entries(list_filter([
        {'key': 'span', 'value': span.name},
        {'key': 'environment', 'value': coalesce(
            under(resource_names, resource_texts, 'deployment.environment.name'),
            under(resource_names, resource_texts, 'deployment.environment'))},
        {'key': 'version', 'value': under(resource_names, resource_texts, 'service.version')},
        {'key': 'error', 'value': under(names, texts, 'error.type')}
    ], lambda entry: entry.value is not null)) as tags,
    case
        when parse_count(prompt) < coalesce(parse_count(cache_read), 0) + coalesce(parse_count(cache_write), 0)
        then prompt
        else uncached(coalesce(prompt, '0'), cache_read, cache_write)
    end as input_tokens,
    cache_read as cache_read_tokens,
    cache_write as cache_write_5m_tokens,
    coalesce(answer, '0') as output_tokens,
    reasoning as reasoning_tokens,
    under(names, texts, 'gen_ai.request.max_tokens') as max_output_tokens,
    coalesce(
        under(names, texts, 'gen_ai.response.finish_reasons'), under(names, texts, 'ai.response.finishReason')
    ) as stop_reason,
    coalesce(
        under(names, texts, 'openai.response.service_tier'),
        under(names, texts, 'gen_ai.openai.response.service_tier')
    ) as service_tier,
    case when span.status.code in ('2', 'STATUS_CODE_ERROR') then 'error' end as status,
    (try_cast(span.endTimeUnixNano as hugeint) - try_cast(span.startTimeUnixNano as hugeint)) / 1e6 as latency_ms,
    try_cast(coalesce(
        under(names, texts, 'gen_ai.usage.cost'), under(names, texts, 'llm.cost.total'),
        under(names, texts, 'operation.cost')
    ) as double) as cost_logged_usd
from spans
