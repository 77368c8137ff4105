-- claude-code: sessions of Claude Code
--
-- source: ~/.claude/projects/**/*.jsonl, also ~/.config/claude/projects
-- ingest: llmcost ingest ~/.claude/projects
-- columns: {"type": "VARCHAR", "sessionId": "VARCHAR", "id": "VARCHAR", "uuid": "VARCHAR", "leafUuid": "VARCHAR",
--   "messageId": "VARCHAR", "requestId": "VARCHAR", "timestamp": "VARCHAR", "isSidechain": "BOOLEAN",
--   "isApiErrorMessage": "BOOLEAN", "entrypoint": "VARCHAR", "cwd": "VARCHAR", "gitBranch": "VARCHAR",
--   "version": "VARCHAR", "agentId": "VARCHAR", "costUSD": "DOUBLE", "durationMs": "DOUBLE",
--   "message": "claude_code_message",
--   "data": {"message": {"timestamp": "VARCHAR", "requestId": "VARCHAR", "message": "claude_code_message"}},
--   "forkedFrom": {"sessionId": "VARCHAR"}, "usageMetadata": "VARCHAR", "systemPayload": "VARCHAR",
--   "toolCallResult": "VARCHAR", "model": "VARCHAR", "usage": "VARCHAR"}
-- claims: (sessionId is not null and type = lower(type) and type <> 'session_metadata' and message.parts is null
--     and usageMetadata is null and systemPayload is null and toolCallResult is null
--     and (uuid is not null or message is not null or (id is null and model is null and usage is null)))
--   or (type in ('summary', 'file-history-snapshot') and (leafUuid is not null or messageId is not null))
-- further: what an advisor used
-- cached: outside input_tokens: the three input counts are disjoint
-- reasoning: inside output_tokens; how many is not said
-- lacks: in many logs the final output count, and the web searches of side calls; Claude Code deletes its logs after 30
--   days
-- truth: one call is 1 to 14 lines of the same message.id; input and cache counts repeat on each, output grows, and the
--   copy with most output counts. input_tokens holds no cached tokens. What cache_creation leaves of
--   cache_creation_input_tokens lives 5 minutes.
-- truth: compactions, several passes and an advisor are counted as in the Messages API (see anthropic).
-- truth: an id that is not a vendor's, such as a proxy's that is the same for every answer, is combined with requestId;
--   a copy without a requestId is then a copy of one of these.
-- truth: a forked or resumed session repeats its parent's calls: they belong to the session that they were made in.
-- truth: entrypoint says how a session was started: cli by a person in a terminal, sdk-cli by `claude -p`, sdk-ts and
--   sdk-py by a program. It is a tag.
-- truth: in many logs the final output count never appears: a call of at most 10 output tokens without a stop reason
--   is marked output_partial.

with calls as (
    select
        *,
        coalesce(message, data.message.message) as answer,
        coalesce(requestId, data.message.requestId) as request
    from lines
),

counted as (
    select * replace (answer.usage as usage), anthropic_counts(answer.usage) as counts from calls
)

select
    line,
    answer.usage is not null and answer.model is distinct from '<synthetic>' as carries_call,
    coalesce(told_apart(answer.id, request), request) as request_id,
    coalesce(timestamp, data.message.timestamp) as ts,
    'anthropic' as provider,
    answer.model as model,
    sessionId as session_id,
    agentId as thread_id,
    coalesce(isSidechain, false) or coalesce(forkedFrom.sessionId <> sessionId, false) as branched,
    cwd as project,
    map_from_entries(list_filter([
        {'key': 'sidechain', 'value': case when isSidechain then 'true' end},
        {'key': 'git_branch', 'value': gitBranch},
        {'key': 'agent', 'value': agentId},
        {'key': 'entrypoint', 'value': entrypoint},
        {'key': 'client_version', 'value': version}
    ], lambda entry: entry.value is not null)) as tags,
    counts.input as input_tokens,
    counts.cache_read as cache_read_tokens,
    counts.cache_write as cache_write_tokens,
    counts.cache_write_5m as cache_write_5m_tokens,
    counts.cache_write_1h as cache_write_1h_tokens,
    counts.output as output_tokens,
    advisor_calls(usage) as further_calls,
    case
        -- a user's message has neither
        when coalesce(answer.id, answer.model) is not null and answer.model is distinct from '<synthetic>'
            and (answer.usage.input_tokens is null or answer.usage.output_tokens is null)
        then coalesce(at_path(line.raw, '$.message.usage'), at_path(line.raw, '$.data.message.message.usage'))
    end as unread_usage,
    answer.usage.server_tool_use.web_search_requests as web_searches,
    answer.stop_reason as stop_reason,
    anthropic_tier(answer.usage) as service_tier,
    answer.usage.inference_geo as region,
    case when isApiErrorMessage then 'error' end as status,
    durationMs as latency_ms,
    parse_count(answer.usage.output_tokens) <= 10 and answer.stop_reason is null as output_partial,
    costUSD as cost_logged_usd
from counted
