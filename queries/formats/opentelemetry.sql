-- opentelemetry: spans and log records of model calls as OpenTelemetry exports them (OTLP JSON)
--
-- source: the OpenTelemetry collector's file exporter, or anything that writes OTLP/JSON, one export request, or one
--   resource of it, a line
-- ingest: llmcost ingest /var/log/otel/traces*.jsonl
-- columns: {"resourceSpans": [{"resource": {"attributes": [{"key": "VARCHAR", "value": {"stringValue": "VARCHAR"}}]},
--   "scopeSpans": [{"spans": ["opentelemetry_record"]}]}],
--   "resourceLogs": [{"resource": {"attributes": [{"key": "VARCHAR", "value": {"stringValue": "VARCHAR"}}]},
--   "scopeLogs": [{"logRecords": ["opentelemetry_record"]}]}], "resource": {"attributes": [{"key": "VARCHAR",
--   "value": {"stringValue": "VARCHAR"}}]}, "scopeSpans": [{"spans": ["opentelemetry_record"]}],
--   "scopeLogs": [{"logRecords": ["opentelemetry_record"]}]}
-- records: list_concat(
--   flatten(list_transform(
--     list_concat(resourceSpans, [{'resource': resource, 'scopeSpans': scopeSpans}]), lambda of:
--     flatten(list_transform(
--       of.scopeSpans, lambda scope: list_transform(
--         scope.spans, lambda told: {'resource': of.resource, 'span': told, 'is_span': true}))))),
--   flatten(list_transform(
--     list_concat(resourceLogs, [{'resource': resource, 'scopeLogs': scopeLogs}]), lambda of: flatten(list_transform(
--       of.scopeLogs, lambda scope: list_transform(
--         scope.logRecords, lambda told: {'resource': of.resource, 'span': told, 'is_span': false}))))))
-- claims: resourceSpans is not null or resourceLogs is not null
--   or scopeSpans is not null or scopeLogs is not null
-- cached: decided by a stated total; without it inside the input, or outside where more was cached than went in
-- reasoning: decided by a stated total; without it inside the output, beside it for Gemini CLI and Qwen Code
-- lacks: in many instrumentations cached tokens, totals, the life of cache writes, modalities, the region, and uses of
--   tools
-- truth: a stated total decides (llm.usage.total_tokens and the like; few instrumentations state one). Else the cached
--   tokens are inside the input tokens and the reasoning tokens inside the output tokens, as the GenAI conventions ask;
--   where more is said to be cached than went in, the instrumentation counts them apart, and so does llmcost. What a
--   total has beyond input and output is reasoning.
-- truth: names of older conventions (prompt_tokens, gen_ai.system), of OpenInference, of the Vercel AI SDK 4 to 6, of
--   Langfuse's SDK, MLflow and LangSmith and of agents' own telemetry (Claude Code, Codex, Gemini CLI, Qwen Code) are
--   read too. A usage attribute with cache in its name is the cached tokens, or those written where it says so, one
--   with reasoning or thoughts the reasoning: instrumentations spell these in a dozen ways. Claude Code's
--   counts are disjoint; its spans and events that name one request are copies. What Gemini CLI and Qwen Code say again
--   under the conventions' names is no other call. A usage attribute that is none of these, on a span without any,
--   makes it a reject.
-- truth: audio and image tokens are parts of their counts; in the usage of Langfuse's SDK they are apart and are added.
--   Uses of tools that the vendor runs are those that a usage attribute names (server_tool_use.web_search_requests), or
--   else the server_tool_call parts of gen_ai.output.messages. The region is that of server.address.
-- truth: spans of agents and tools, and of wrappers around a client, repeat the usage of the spans below: the lowest
--   ones count. A span is known by its trace and its own id; a log record that names one is a copy of it.

with named as (
    select
        line,
        record.span as span,
        record.is_span as is_span,
        list_transform(record.span.attributes, lambda it: it.key) as names,
        list_transform(record.span.attributes, lambda it: coalesce(
            it.value.stringValue, it.value.intValue, it.value.doubleValue, it.value.arrayValue.values[1].stringValue
        )) as texts,
        list_transform(record.resource.attributes, lambda it: it.key) as resource_names,
        list_transform(record.resource.attributes, lambda it: it.value.stringValue) as resource_texts
    from lines
),

sent as (
    select
        *,
        -- telemetry of agents: bare names, under an event or a span that says whose they are; a body may be a sentence
        coalesce(list_filter(
            [
                span.eventName, span.body.stringValue, under(names, texts, 'event.name'), case when is_span then span.name end,
                under(resource_names, resource_texts, 'service.name') || '.' || under(names, texts, 'event.name')
            ],
            lambda name: regexp_matches(name, '^(claude[-_]code|codex|gemini[-_]cli|qwen[-_]code)\.')
        )[1], '') as event
    from named
),

told as (
    select
        *,
        replace(split_part(event, '.', 1), '-', '_') as agent,
        -- usage that Langfuse's SDK and MLflow keep as JSON
        try(from_json(
            coalesce(
                under(names, texts, 'langfuse.observation.usage_details'), under(names, texts, 'mlflow.chat.tokenUsage')
            ), '"MAP(VARCHAR, VARCHAR)"'
        )) as kept_usage,
        under(names, texts, 'langfuse.observation.usage_details') is not null as is_langfuse,
        -- counts of the usage, those of LangSmith's details too, and no costs or limits
        list_filter(
            list_concat(
                list_transform(range(1, len(names) + 1), lambda place: {'key': names[place], 'value': texts[place]}),
                details_of(under(names, texts, 'gen_ai.usage.input_token_details'), 'gen_ai.usage.input_token_details.'),
                details_of(under(names, texts, 'gen_ai.usage.output_token_details'), 'gen_ai.usage.output_token_details.')
            ),
            lambda it: regexp_matches(it.key, '^(gen_ai|llm|ai)\.(usage|token_count)\.')
                and regexp_matches(it.key, '(?i)cach|ephemeral|reasoning|thought|thinking')
                and regexp_matches(it.key, '(?i)token')
                and not regexp_matches(
                    it.key,
                    '(?i)cost|price|limit|budget|saved|saving|ratio|percent|audio|image|video|[._]rate'
                    -- what was not in a cache
                    || '|(no|non|not|un)[._-]?cach|miss')
        ) as parts,
        -- of the events of agents, only those of answers carry usage
        event <> '' and not regexp_matches(event, '\.(api_request|api_response|sse_event|llm_request)$') as is_other_event
    from sent
),

spans as (
    select
        *,
        list_concat(
            list_filter(
                list_transform(
                    range(1, len(names) + 1), lambda place: {'key': names[place], 'value': texts[place]}
                ),
                lambda it: regexp_matches(it.key, 'usage|token_count') and is_tool_use(it.key)
            ),
            coalesce(list_filter(map_entries(kept_usage), lambda it: is_tool_use(it.key)), [])
        ) as used,
        coalesce(
            server_items(under(names, texts, 'gen_ai.output.messages')),
            items_kept(under(names, texts, 'langfuse.observation.output'))
        ) as items,
        coalesce(
            under(names, texts, 'gen_ai.usage.input_tokens'),
            under(names, texts, 'gen_ai.usage.prompt_tokens'),
            under(names, texts, 'llm.usage.prompt_tokens'),
            under(names, texts, 'llm.usage.input_tokens'),
            under(names, texts, 'llm.token_count.prompt'),
            under(names, texts, 'ai.usage.inputTokens'),
            under(names, texts, 'ai.usage.promptTokens'),
            under(names, texts, 'ai.usage.tokens'),
            case when kept_usage['input'] is not null then tallied(
                [kept_usage['input'], kept_usage['input_audio_tokens'], kept_usage['input_image_tokens']]) end,
            kept_usage['prompt_tokens'], kept_usage['promptTokens'], kept_usage['input_tokens'],
            case when agent <> '' then coalesce(
                under(names, texts, 'input_tokens'), under(names, texts, 'input_token_count')) end
        ) as prompt,
        coalesce(
            under(names, texts, 'gen_ai.usage.output_tokens'),
            under(names, texts, 'gen_ai.usage.completion_tokens'),
            under(names, texts, 'llm.usage.completion_tokens'),
            under(names, texts, 'llm.usage.output_tokens'),
            under(names, texts, 'llm.token_count.completion'),
            under(names, texts, 'ai.usage.outputTokens'),
            under(names, texts, 'ai.usage.completionTokens'),
            case when kept_usage['output'] is not null then tallied(
                [kept_usage['output'], kept_usage['output_audio_tokens'], kept_usage['output_image_tokens']]) end,
            kept_usage['completion_tokens'], kept_usage['completionTokens'], kept_usage['output_tokens'],
            case when agent <> '' then coalesce(
                under(names, texts, 'output_tokens'), under(names, texts, 'output_token_count')) end
        ) as answer,
        coalesce(
            part_of_usage(parts, 'cach', 'creat|writ|ephemeral'),
            kept_usage['input_cached_tokens'], kept_usage['input_cache_read'], kept_usage['cache_read_input_tokens'],
            case when agent <> '' then coalesce(
                under(names, texts, 'cache_read_tokens'), under(names, texts, 'cached_token_count'),
                under(names, texts, 'cached_content_token_count')) end
        ) as cache_read,
        coalesce(
            part_of_usage(parts, 'cach.*(creat|writ)', '5_?m|1_?h'),
            kept_usage['input_cache_creation'], kept_usage['cache_creation_input_tokens'],
            case when agent <> '' then under(names, texts, 'cache_creation_tokens') end
        ) as cache_write,
        part_of_usage(parts, '(cach|ephemeral).*5_?m', '1_?h') as cache_write_5m,
        part_of_usage(parts, '(cach|ephemeral).*1_?h', '5_?m') as cache_write_1h,
        coalesce(
            part_of_usage(parts, 'reasoning|thought|thinking', 'cach'),
            kept_usage['output_reasoning_tokens'], kept_usage['output_reasoning'], kept_usage['reasoning_tokens'],
            case when agent <> '' then coalesce(
                under(names, texts, 'reasoning_token_count'), under(names, texts, 'thoughts_token_count')) end
        ) as reasoning,
        coalesce(
            under(names, texts, 'gen_ai.usage.total_tokens'),
            under(names, texts, 'llm.usage.total_tokens'),
            under(names, texts, 'llm.token_count.total'),
            under(names, texts, 'ai.usage.totalTokens'),
            kept_usage['total'], kept_usage['total_tokens'], kept_usage['totalTokens'],
            case when agent in ('gemini_cli', 'qwen_code') then under(names, texts, 'total_token_count') end
        ) as total
    from told
)

select
    line,
    (prompt is not null or answer is not null) and not is_other_event as carries_call,
    -- a span counts as one call wherever it is reported; an event of an agent is a separate call, unless it and its span
    -- name one request
    case
        when agent = 'claude_code' and under(names, texts, 'request_id') is not null then under(names, texts, 'request_id')
        when (agent = '' or is_span) and nullif(span.spanId, '') is not null then lower(span.traceId || ':' || span.spanId)
    end as request_id,
    case when is_span then lower(nullif(span.traceId, '')) end as trace_id,
    case when is_span then lower(span.traceId || ':' || nullif(span.parentSpanId, '')) end as parent_id,
    coalesce(span.startTimeUnixNano, nullif(span.timeUnixNano, '0'), span.observedTimeUnixNano) as ts,
    coalesce(
        under(names, texts, 'gen_ai.provider.name'),
        under(names, texts, 'gen_ai.system'),
        under(names, texts, 'llm.provider'),
        under(names, texts, 'ai.model.provider'),
        trim(under(names, texts, 'mlflow.llm.provider'), '"'),
        case agent when 'claude_code' then 'anthropic' when 'codex' then 'openai' when 'gemini_cli' then 'google' end
    ) as provider,
    coalesce(
        under(names, texts, 'gen_ai.response.model'),
        under(names, texts, 'gen_ai.request.model'),
        under(names, texts, 'llm.response.model'),
        under(names, texts, 'llm.request.model'),
        under(names, texts, 'llm.model_name'),
        under(names, texts, 'embedding.model_name'),
        under(names, texts, 'ai.model.id'),
        under(names, texts, 'langfuse.observation.model.name'),
        trim(under(names, texts, 'mlflow.llm.model'), '"'),
        case when agent <> '' then under(names, texts, 'model') end
    ) as model,
    coalesce(under(names, texts, 'feature'), under(names, texts, 'gen_ai.agent.name')) as feature,
    coalesce(under(names, texts, 'task_type'), under(names, texts, 'gen_ai.operation.name')) as task_type,
    under(names, texts, 'gen_ai.prompt.name') as prompt_id,
    coalesce(under(names, texts, 'user.id'), under(names, texts, 'enduser.id')) as user_id,
    coalesce(
        under(names, texts, 'gen_ai.conversation.id'), under(names, texts, 'session.id'),
        case when agent <> '' then under(names, texts, 'conversation.id') end, lower(nullif(span.traceId, ''))
    ) as session_id,
    under(resource_names, resource_texts, 'service.name') as project,
    short_hash(coalesce(
        under(names, texts, 'organization.id'), under(resource_names, resource_texts, 'organization.id')
    )) as organisation,
    map_from_entries(list_filter([
        {'key': 'span', 'value': coalesce(span.name, nullif(span.eventName, ''))},
        {'key': 'environment', 'value': coalesce(
            under(resource_names, resource_texts, 'deployment.environment.name'),
            under(resource_names, resource_texts, 'deployment.environment'))},
        {'key': 'version', 'value': under(resource_names, resource_texts, 'service.version')},
        {'key': 'error', 'value': under(names, texts, 'error.type')}
    ], lambda entry: entry.value is not null)) as tags,
    case
        when agent in ('gemini_cli', 'qwen_code')
        then tallied([prompt, under(names, texts, 'tool_token_count')])
        else coalesce(prompt, case when total is null then '0' end)
    end as input_tokens,
    cache_read as cache_read_tokens,
    cache_write as cache_write_tokens,
    cache_write_5m as cache_write_5m_tokens,
    cache_write_1h as cache_write_1h_tokens,
    coalesce(answer, '0') as output_tokens,
    reasoning as reasoning_tokens,
    total as total_tokens,
    case
        when agent <> 'claude_code' and not is_langfuse
            and (total is not null or parse_count(prompt) >= coalesce(parse_count(cache_read), 0) + coalesce(parse_count(cache_write), 0))
        then 'caches'
    end as input_holds,
    agent in ('gemini_cli', 'qwen_code')
    -- Google's ADK, as long as it counted the thoughts by this name
    or under(names, texts, 'gen_ai.usage.experimental.reasoning_tokens') is not null as output_excludes_reasoning,
    coalesce(
        under(names, texts, 'gen_ai.usage.input_audio_tokens'),
        under(names, texts, 'gen_ai.usage.details.input_audio_tokens'),
        under(names, texts, 'llm.token_count.prompt_details.audio'),
        kept_usage['input_audio_tokens']
    ) as input_audio_tokens,
    coalesce(
        under(names, texts, 'gen_ai.usage.input_image_tokens'),
        under(names, texts, 'gen_ai.usage.details.input_image_tokens'),
        kept_usage['input_image_tokens']
    ) as input_image_tokens,
    under(names, texts, 'gen_ai.usage.details.cache_audio_read_tokens') as cache_read_audio_tokens,
    coalesce(
        under(names, texts, 'gen_ai.usage.output_audio_tokens'),
        under(names, texts, 'gen_ai.usage.details.output_audio_tokens'),
        under(names, texts, 'llm.token_count.completion_details.audio'),
        kept_usage['output_audio_tokens']
    ) as output_audio_tokens,
    coalesce(
        under(names, texts, 'gen_ai.usage.output_image_tokens'),
        under(names, texts, 'gen_ai.usage.details.output_image_tokens'),
        kept_usage['output_image_tokens']
    ) as output_image_tokens,
    coalesce(searches_named(used), searches_among(items)) as web_searches,
    uses_of(list_concat(uses_named(used), uses_among(items))) as tools,
    region_in(under(names, texts, 'server.address')) as region,
    case
        when (prompt is null or answer is null) and not is_other_event
        then '{' || array_to_string(list_filter(
            list_transform(
                range(1, len(names) + 1),
                lambda place: '"' || regexp_extract(names[place], '^(?:gen_ai|llm|ai)\.(?:usage|token_count)\.(.+)$', 1)
                    || '": ' || texts[place]
            ),
            -- what is read above under its known name
            lambda entry: not starts_with(entry, '""')
                and not regexp_matches(entry, '(?i)^"(in|out|prompt|completion|total|tokens"|cache|reasoning|details)')
        ), ', ') || '}'
    end as unread_usage,
    under(names, texts, 'gen_ai.request.max_tokens') as max_output_tokens,
    coalesce(
        under(names, texts, 'gen_ai.response.finish_reasons'), under(names, texts, 'ai.response.finishReason')
    ) as stop_reason,
    coalesce(
        under(names, texts, 'openai.response.service_tier'),
        under(names, texts, 'gen_ai.openai.response.service_tier')
    ) as service_tier,
    case when span.status.code in ('2', 'STATUS_CODE_ERROR') then 'error' end as status,
    coalesce(
        (try_cast(span.endTimeUnixNano as hugeint) - try_cast(span.startTimeUnixNano as hugeint)) / 1e6,
        case when agent <> '' then try_cast(under(names, texts, 'duration_ms') as double) end
    ) as latency_ms,
    try_cast(coalesce(
        under(names, texts, 'gen_ai.usage.cost'), under(names, texts, 'gen_ai.usage.cost_usd'),
        under(names, texts, 'llm.cost.total'),
        under(names, texts, 'operation.cost'), case when agent <> '' then under(names, texts, 'cost_usd') end
    ) as double) as cost_logged_usd
from spans
