-- codex: sessions of the Codex CLI and its desktop app
--
-- source: ~/.codex/sessions/**/rollout-*.jsonl, also ~/.codex/archived_sessions
-- ingest: llmcost ingest ~/.codex/sessions ~/.codex/archived_sessions
-- columns: {"timestamp": "VARCHAR", "type": "VARCHAR", "payload": {"type": "VARCHAR", "id": "VARCHAR",
--   "forked_from_id": "VARCHAR", "model": "VARCHAR", "model_provider": "VARCHAR", "cwd": "VARCHAR",
--   "originator": "VARCHAR", "cli_version": "VARCHAR", "git": {"branch": "VARCHAR"},
--   "info": {
--     "total_token_usage": {"input_tokens": "VARCHAR", "cached_input_tokens": "VARCHAR",
--       "cache_write_input_tokens": "VARCHAR", "output_tokens": "VARCHAR", "reasoning_output_tokens": "VARCHAR"},
--     "last_token_usage": {"input_tokens": "VARCHAR", "cached_input_tokens": "VARCHAR",
--       "cache_write_input_tokens": "VARCHAR", "output_tokens": "VARCHAR", "reasoning_output_tokens": "VARCHAR"}}}}
-- claims: payload is not null and timestamp is not null and type in ('session_meta', 'turn_context', 'event_msg',
--   'response_item', 'compacted', 'ghost_snapshot', 'world_state', 'inter_agent_communication')
-- stateful: the model, the folder and the session stand in earlier lines of the file
-- truth: last_token_usage is the call, total_token_usage the session's sum so far. A total that stands again is no new
--   call; one that has fallen (after an undo) takes nothing back; usage of 0 is a guess at the context's size after it
--   was compacted. cached_input_tokens and cache_write_input_tokens are inside input_tokens, reasoning_output_tokens
--   inside output_tokens.
-- truth: a forked session begins with its parent's history under new times. A call is told by the session that the fork
--   goes back to and the total after it, so that it counts once, at its earliest time, wherever it stands.

with placed as (
    -- only what is needed goes through the windows: a session's texts are many times the size of its counts
    select
        case
            when payload.type = 'token_count' or not line.claimed then line
            else {
                'source_id': line.source_id, 'line_no': line.line_no, 'record_no': line.record_no, 'raw': null,
                'fault': line.fault, 'claimed': line.claimed
            }
        end as line,
        timestamp,
        case when type = 'session_meta' then payload end as session,
        case when type = 'turn_context' then payload end as turn,
        case when type = 'event_msg' and payload.type = 'token_count' then payload.info end as counts
    from lines
),

carried as (
    select
        *,
        list(session) filter (where session.id is not null) over (
            partition by line.source_id, line.claimed order by line.line_no
            rows between unbounded preceding and unbounded following
        ) as sessions,
        last_value(turn.model ignore nulls) over earlier as model,
        last_value(turn.cwd ignore nulls) over earlier as cwd,
        last_value(counts.total_token_usage ignore nulls) over earlier as total_before
    from placed
    window earlier as (
        partition by line.source_id, line.claimed order by line.line_no
        rows between unbounded preceding and 1 preceding
    )
),

calls as (
    select
        *,
        sessions[1] as own,
        list_transform(sessions, lambda it: it.id) as present,
        list_filter(list_transform(sessions, lambda it: it.forked_from_id), lambda id: id is not null) as named,
        -- an ancestor that is no fork itself; else the oldest that is named; else the session itself
        coalesce(
            list_filter(sessions, lambda it: it.id <> sessions[1].id and it.forked_from_id is null)[-1].id,
            list_filter(named, lambda id: not list_contains(present, id))[-1],
            sessions[1].id
        ) as root_id,
        counts.total_token_usage as total,
        coalesce(counts.last_token_usage, {
            'input_tokens': risen(counts.total_token_usage.input_tokens, total_before.input_tokens),
            'cached_input_tokens':
                risen(counts.total_token_usage.cached_input_tokens, total_before.cached_input_tokens),
            'cache_write_input_tokens':
                risen(counts.total_token_usage.cache_write_input_tokens, total_before.cache_write_input_tokens),
            'output_tokens': risen(counts.total_token_usage.output_tokens, total_before.output_tokens),
            'reasoning_output_tokens':
                risen(counts.total_token_usage.reasoning_output_tokens, total_before.reasoning_output_tokens)
        }) as last
    from carried
)

select
    line,
    counts is not null and (last.input_tokens is distinct from '0' or last.output_tokens is distinct from '0')
        as carries_call,
    case when total is not null and root_id is not null
        then concat_ws(':', root_id, total.input_tokens, total.cached_input_tokens, total.output_tokens)
    end as request_id,
    timestamp as ts,
    coalesce(own.model_provider, 'openai') as provider,
    model,
    own.id as session_id,
    root_id <> own.id as branched,
    coalesce(cwd, own.cwd) as project,
    map_from_entries(list_filter([
        {'key': 'client', 'value': own.originator},
        {'key': 'client_version', 'value': own.cli_version},
        {'key': 'git_branch', 'value': own.git.branch},
        {'key': 'fork', 'value': case when root_id <> own.id then 'true' end}
    ], lambda entry: entry.value is not null)) as tags,
    uncached(last.input_tokens, last.cached_input_tokens, last.cache_write_input_tokens) as input_tokens,
    last.cached_input_tokens as cache_read_tokens,
    last.cache_write_input_tokens as cache_write_5m_tokens,
    last.output_tokens as output_tokens,
    last.reasoning_output_tokens as reasoning_tokens
from calls
