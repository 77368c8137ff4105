-- managed-agents: events of sessions of Claude Managed Agents
--
-- source: what the API's /v1/sessions/{id}/events answers, or its stream, one event a line
-- ingest: curl -sH "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01"
--   -H "anthropic-beta: managed-agents-2026-04-01" "https://api.anthropic.com/v1/sessions/$SESSION/events" |
--   llmcost ingest -
-- columns: {"id": "VARCHAR", "type": "VARCHAR", "processed_at": "VARCHAR", "created_at": "VARCHAR", "model": "VARCHAR",
--   "is_error": "BOOLEAN", "model_request_start_id": "VARCHAR", "session_id": "VARCHAR",
--   "session_thread_id": "VARCHAR", "agent_name": "VARCHAR", "agent": {"name": "VARCHAR", "model": "JSON"},
--   "model_usage": {"model": "VARCHAR", "input_tokens": "VARCHAR", "output_tokens": "VARCHAR",
--     "cache_creation_input_tokens": "VARCHAR", "cache_read_input_tokens": "VARCHAR", "speed": "VARCHAR",
--     "service_tier": "VARCHAR",
--     "cache_creation": {"ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"}},
--   "data": "VARCHAR", "properties": "VARCHAR", "payload": "VARCHAR"}
-- claims: (regexp_matches(type, '^(span|session|agent|user|system)\.[a-z_]+$') or type = 'session')
--   and coalesce(data, properties, payload) is null
-- stateful: the model and the session are in other lines of the file
-- cached: outside input_tokens: the three input counts are disjoint
-- reasoning: inside output_tokens
-- lacks: session hours, which are billed apart; the model in an event; prompts as they were sent
-- truth: each span.model_request_end is one call; its counts are disjoint, as in the Messages API. What the writes are
--   not
--   split into lives 5 minutes. session.usage is their sum, and is not counted.
-- truth: an event names no model: it is that of the session's agent, or of a message, where the file has one; else the
--   call is unpriced. Session hours are billed apart and are not in these events.

with told as (
    select
        *,
        coalesce(
            model,
            case when json_type(agent.model) = 'VARCHAR' then agent.model ->> '$' else agent.model ->> '$.id' end
        ) as named,
        case when type = 'session' then id else session_id end as session
    from lines
),

calls as (
    select
        *,
        last_value(named ignore nulls) over earlier as model_before,
        first_value(named ignore nulls) over file as model_anywhere,
        first_value(session ignore nulls) over file as session_anywhere,
        first_value(agent.name ignore nulls) over file as agent_anywhere,
        last_value(case when type = 'span.model_request_start' then coalesce(processed_at, created_at) end ignore nulls)
            over earlier as started
    from told
    window
        earlier as (
            partition by line.source_id, line.claimed order by line.line_no
            rows between unbounded preceding and 1 preceding
        ),
        file as (
            partition by line.source_id, line.claimed order by line.line_no
            rows between unbounded preceding and unbounded following
        )
)

select
    line,
    type = 'span.model_request_end'
    and coalesce(model_usage.input_tokens, model_usage.output_tokens, model_usage.cache_read_input_tokens) is not null
        as carries_call,
    id as request_id,
    coalesce(started, processed_at, created_at) as ts,
    'anthropic' as provider,
    coalesce(model_usage.model, named, model_before, model_anywhere, 'unknown') as model,
    coalesce(agent_name, agent_anywhere) as feature,
    coalesce(session, session_anywhere) as session_id,
    session_thread_id as thread_id,
    coalesce(model_usage.input_tokens, '0') as input_tokens,
    model_usage.cache_read_input_tokens as cache_read_tokens,
    model_usage.cache_creation_input_tokens as cache_write_tokens,
    model_usage.cache_creation.ephemeral_5m_input_tokens as cache_write_5m_tokens,
    model_usage.cache_creation.ephemeral_1h_input_tokens as cache_write_1h_tokens,
    coalesce(model_usage.output_tokens, '0') as output_tokens,
    coalesce(case when model_usage.speed = 'fast' then 'fast' end, model_usage.service_tier) as service_tier,
    case when is_error then 'error' end as status,
    (epoch_us(as_time(processed_at)) - epoch_us(as_time(started))) / 1000 as latency_ms,
    case
        when type = 'span.model_request_end' and (model_usage.input_tokens is null or model_usage.output_tokens is null)
        then coalesce(at_path(line.raw, '$.model_usage'), at_path(line.raw, '$.usage'))
    end as unread_usage
from calls
