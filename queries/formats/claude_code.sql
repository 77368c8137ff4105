-- claude-code: sessions of Claude Code
--
-- source: ~/.claude/projects/**/*.jsonl, also ~/.config/claude/projects
-- ingest: llmcost ingest ~/.claude/projects
-- columns: {"type": "VARCHAR", "sessionId": "VARCHAR", "uuid": "VARCHAR", "leafUuid": "VARCHAR",
--   "messageId": "VARCHAR", "requestId": "VARCHAR", "timestamp": "VARCHAR", "isSidechain": "BOOLEAN",
--   "isApiErrorMessage": "BOOLEAN", "cwd": "VARCHAR", "gitBranch": "VARCHAR", "version": "VARCHAR",
--   "agentId": "VARCHAR", "costUSD": "DOUBLE", "durationMs": "DOUBLE",
--   "message": {"id": "VARCHAR", "model": "VARCHAR", "stop_reason": "VARCHAR", "usage": {
--     "input_tokens": "VARCHAR", "output_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR",
--     "cache_read_input_tokens": "VARCHAR", "service_tier": "VARCHAR", "speed": "VARCHAR",
--     "cache_creation": {"ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
--     "server_tool_use": {"web_search_requests": "VARCHAR"}}},
--   "data": {"message": {"timestamp": "VARCHAR", "requestId": "VARCHAR", "message": {
--     "id": "VARCHAR", "model": "VARCHAR", "stop_reason": "VARCHAR", "usage": {
--       "input_tokens": "VARCHAR", "output_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR",
--       "cache_read_input_tokens": "VARCHAR", "service_tier": "VARCHAR", "speed": "VARCHAR",
--       "cache_creation": {"ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
--       "server_tool_use": {"web_search_requests": "VARCHAR"}}}}}}
-- claims: (sessionId is not null and type = lower(type))
--   or (type in ('summary', 'file-history-snapshot') and (leafUuid is not null or messageId is not null))
-- truth: one call is 1 to 14 lines of the same message.id; input and cache counts repeat on each, output grows, and the
--   copy with most output counts. input_tokens holds no cached tokens. Without a split, cache writes live 5 minutes.
-- truth: in many logs the final output count never appears: a call of at most 10 output tokens without a stop reason
--   is marked output_partial.

with calls as (
    select
        *,
        coalesce(message, data.message.message) as answer,
        coalesce(requestId, data.message.requestId) as request
    from lines
)

select
    line,
    answer.usage is not null and answer.model is distinct from '<synthetic>' as carries_call,
    coalesce(answer.id, request) as request_id,
    coalesce(timestamp, data.message.timestamp) as ts,
    'anthropic' as provider,
    answer.model as model,
    sessionId as session_id,
    agentId as thread_id,
    isSidechain as branched,
    cwd as project,
    map_from_entries(list_filter([
        {'key': 'sidechain', 'value': case when isSidechain then 'true' end},
        {'key': 'git_branch', 'value': gitBranch},
        {'key': 'agent', 'value': agentId},
        {'key': 'client_version', 'value': version}
    ], lambda entry: entry.value is not null)) as tags,
    answer.usage.input_tokens as input_tokens,
    answer.usage.cache_read_input_tokens as cache_read_tokens,
    coalesce(
        answer.usage.cache_creation.ephemeral_5m_input_tokens,
        case
            when answer.usage.cache_creation.ephemeral_1h_input_tokens is null
            then answer.usage.cache_creation_input_tokens
        end
    ) as cache_write_5m_tokens,
    answer.usage.cache_creation.ephemeral_1h_input_tokens as cache_write_1h_tokens,
    answer.usage.output_tokens as output_tokens,
    answer.usage.server_tool_use.web_search_requests as web_searches,
    answer.stop_reason as stop_reason,
    coalesce(case when answer.usage.speed = 'fast' then 'fast' end, answer.usage.service_tier) as service_tier,
    case when isApiErrorMessage then 'error' end as status,
    durationMs as latency_ms,
    parse_count(answer.usage.output_tokens) <= 10 and answer.stop_reason is null as output_partial,
    costUSD as cost_logged_usd
from calls
