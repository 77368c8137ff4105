-- codex: sessions of the Codex CLI and its desktop app
--
-- source: ~/.codex/sessions/**/rollout-*.jsonl, also ~/.codex/archived_sessions
-- ingest: llmcost ingest ~/.codex/sessions ~/.codex/archived_sessions
-- columns: {"timestamp": "VARCHAR", "type": "VARCHAR", "payload": {"type": "VARCHAR", "id": "VARCHAR",
--   "forked_from_id": "VARCHAR", "parent_thread_id": "VARCHAR", "model": "VARCHAR", "model_provider": "VARCHAR",
--   "cwd": "VARCHAR",
--   "originator": "VARCHAR", "source": "VARCHAR", "cli_version": "VARCHAR", "git": {"branch": "VARCHAR"},
--   "timestamp": "VARCHAR", "response_id": "VARCHAR",
--   "thread_settings": {"model": "VARCHAR", "service_tier": "VARCHAR"},
--   "usage": "codex_usage", "thread_token_usage": "codex_usage", "info": {"total_token_usage": "codex_usage",
--   "last_token_usage": "codex_usage"}}}
-- claims: payload is not null and timestamp is not null and regexp_full_match(type, '[a-z_]+')
-- stateful: the model, the folder, the session and its service tier are in earlier lines of the file
-- cached: decided by total_tokens; without it inside input_tokens
-- reasoning: decided by total_tokens; without it inside output_tokens
-- lacks: ids of responses in older sessions, latencies, and the fees of web searches
-- truth: last_token_usage is the call, total_token_usage the session's sum so far. A repeated total is not a new call;
--   one that has fallen (after an undo) takes nothing back; usage of 0 is a guess at the context's size after it was
--   compacted. total_tokens decides; without it cached_input_tokens and cache_write_input_tokens are inside
--   input_tokens, reasoning_output_tokens inside output_tokens.
-- truth: a token_usage_record is one response, even without a token_count next to it; a token_count of the same counts
--   repeats it. The call that compacts a conversation has a record alone.
-- truth: a forked session begins with its parent's history under new times. A call is identified by the session that
--   the fork goes back to and the total after it, so it counts once, at its earliest time, wherever it is. A subagent
--   names its parent too (in source, where forked_from_id is missing); where its counters begin at zero, its calls are
--   its own.
-- truth: history is copied at once, under the time of copying: calls that follow each other within a second of the
--   file's beginning. Some versions keep the times of a subagent's history, which are before the file's.
-- truth: source says how a session was started: cli by a person in a terminal, vscode in an editor or the app, exec by
--   `codex exec`, subagent by another session. It is the tag entrypoint.
-- truth: thread_settings_applied sets the service tier from there on.

with placed as (
    -- only what is needed goes through the windows: a session's texts are many times the size of its counts
    select
        case
            when payload.type = 'token_count' or payload.usage is not null or not line.claimed
                or not is_rollout_line(type)
            then line
            else {
                'source_id': line.source_id, 'line_no': line.line_no, 'record_no': line.record_no, 'raw': null,
                'fault': line.fault, 'claimed': line.claimed
            }
        end as line,
        timestamp,
        case when type = 'session_meta' then payload end as session,
        case when type = 'turn_context' then payload end as turn,
        payload.thread_settings as settings,
        case when type = 'event_msg' and payload.type = 'token_count' then payload.info end as counts,
        case when type = 'token_usage_record' then payload end as response,
        -- counts under another name, in a line of another kind
        case
            when not is_rollout_line(type)
                and coalesce(payload.usage.input_tokens, payload.usage.output_tokens, '0') <> '0'
            then type || '.usage'
        end as unknown_usage,
        is_rollout_line(type) as is_rollout_line,
        -- events of another program in the same form
        case
            when not is_rollout_line(type) and regexp_matches(line.raw, '(?i)"[a-z_]*tokens"\s*:\s*[1-9]')
            then type || '.payload'
        end as foreign_usage
    from lines
),

carried as (
    select
        *,
        list(session) filter (where session.id is not null) over file as sessions,
        first_value(timestamp ignore nulls) over file as began,
        bool_or(is_rollout_line) over file as is_rollout,
        last_value(coalesce(turn.model, settings.model) ignore nulls) over earlier as model,
        last_value(turn.cwd ignore nulls) over earlier as cwd,
        last_value(settings.service_tier ignore nulls) over earlier as service_tier,
        last_value(counts.total_token_usage ignore nulls) over earlier as total_before,
        -- the first counts in the file, and when they came
        first_value(coalesce(counts.total_token_usage, response.thread_token_usage) ignore nulls) over file as first_total,
        first_value(coalesce(counts.last_token_usage, response.usage) ignore nulls) over file as first_last,
        first_value(case when counts is not null or response is not null then timestamp end ignore nulls) over file
            as first_count_at,
        last_value(case when counts is not null or response is not null then timestamp end ignore nulls) over earlier
            as count_before_at
    from placed
    window
        file as (
            partition by line.source_id, line.claimed order by line.line_no
            rows between unbounded preceding and unbounded following
        ),
        earlier as (
            partition by line.source_id, line.claimed order by line.line_no
            rows between unbounded preceding and 1 preceding
        )
),

rooted as (
    select
        *,
        sessions[1] as own,
        list_transform(sessions, lambda it: it.id) as present,
        list_filter(
            list_transform(sessions, lambda it: coalesce(
                it.forked_from_id, it.parent_thread_id,
                try(json_extract_string(it.source, '$.subagent.thread_spawn.parent_thread_id'))
            )),
            lambda id: id is not null
        ) as named,
        -- a replayed history is written at once, a new call takes time
        coalesce(
            first_total.input_tokens = first_last.input_tokens and first_total.output_tokens = first_last.output_tokens,
            false
        )
        and as_time(first_count_at) - as_time(began) >= interval 1 second as begins_at_zero,
        coalesce(counts.total_token_usage, response.thread_token_usage) as total,
        coalesce(response.usage, counts.last_token_usage, case when counts is not null then {
            'input_tokens': risen(counts.total_token_usage.input_tokens, total_before.input_tokens),
            'cached_input_tokens':
                risen(counts.total_token_usage.cached_input_tokens, total_before.cached_input_tokens),
            'cache_write_input_tokens':
                risen(counts.total_token_usage.cache_write_input_tokens, total_before.cache_write_input_tokens),
            'output_tokens': risen(counts.total_token_usage.output_tokens, total_before.output_tokens),
            'reasoning_output_tokens':
                risen(counts.total_token_usage.reasoning_output_tokens, total_before.reasoning_output_tokens),
            'total_tokens': null
        } end) as last
    from carried
),

told as (
    select
        *,
        coalesce(
            -- an ancestor that is not a fork; else the oldest that is named; else the session itself
            list_filter(sessions, lambda it: it.id <> sessions[1].id and it.forked_from_id is null)[-1].id,
            case when not begins_at_zero then list_filter(named, lambda id: not list_contains(present, id))[-1] end,
            sessions[1].id
        ) as root_id,
        concat_ws(':', last.input_tokens, last.cached_input_tokens, last.output_tokens) as usage_key,
        concat_ws(':', total.input_tokens, total.cached_input_tokens, total.output_tokens) as total_key,
        coalesce(as_time(timestamp) < as_time(began), false) as is_earlier,
        coalesce(
            as_time(timestamp) - greatest(as_time(count_before_at), as_time(began)) >= interval 1 second, true
        ) as took_time
    from rooted
),

-- a repeated total is the same call
firsts as (
    select
        *,
        case
            when counts is not null
            then min(line.line_no) over (partition by line.source_id, counts is not null, usage_key, total_key)
            when response is not null then line.line_no
        end as first_line
    from told
),

numbered as (
    select
        *,
        dense_rank() over (
            partition by line.source_id, counts is not null, response is not null, usage_key order by first_line
        ) as place
    from firsts
),

calls as (
    select
        *,
        case
            when response is not null then coalesce(
                case when response.thread_token_usage is not null and root_id is not null
                    then root_id || ':' || total_key end,
                response.response_id)
            when total is not null and root_id is not null then root_id || ':' || total_key
        end as own_id,
        -- the record whose counts a token_count repeats
        list({'place': place, 'id': coalesce(
            case when response.thread_token_usage is not null and root_id is not null
                then root_id || ':' || total_key end,
            response.response_id)}) filter (where response is not null)
            over (partition by line.source_id, usage_key) as records,
        (counts is not null or response is not null)
        and (last.input_tokens is distinct from '0' or last.output_tokens is distinct from '0') as carries_call,
        -- what was copied at once comes before the first call of the session itself
        root_id <> own.id
        and not is_earlier
        and count(case when (counts is not null or response is not null) and not is_earlier and took_time then 1 end)
            over (partition by line.source_id, line.claimed order by line.line_no) = 0 as copied
    from numbered
),

identified as (
    select
        *,
        case
            when counts is not null
            then coalesce(list_filter(records, lambda it: it.place = calls.place)[1].id, own_id)
            else own_id
        end as request_id
    from calls
),

first_told as (
    select
        *,
        min(line.line_no) over (partition by line.source_id, line.claimed, request_id) = line.line_no as is_first
    from identified
),

linked as (
    -- a call that is told again continues what it continued the first time
    select
        *,
        first_value(before) over (partition by line.source_id, line.claimed, request_id order by line.line_no)
            as continues
    from (
        select
            *,
            last_value(case when carries_call and is_first then request_id end ignore nulls) over earlier as before_id,
            last_value(case when carries_call and is_first then copied or is_earlier end ignore nulls) over earlier
                as before_copied,
            case when root_id <> own.id and (copied or is_earlier or before_copied) then before_id end as before
        from first_told
        window earlier as (
            partition by line.source_id, line.claimed order by line.line_no
            rows between unbounded preceding and 1 preceding
        )
    )
)

select
    line,
    carries_call,
    request_id,
    timestamp as ts,
    coalesce(own.model_provider, 'openai') as provider,
    model,
    own.id as session_id,
    root_id <> own.id as branched,
    copied,
    continues,
    case
        when root_id <> own.id
            and bool_or(carries_call and (copied or is_earlier)) over (partition by line.source_id, line.claimed)
        then parse_count(first_last.input_tokens)
    end as history_began_tokens,
    coalesce(cwd, own.cwd) as project,
    map_from_entries(list_filter([
        {'key': 'client', 'value': own.originator},
        {'key': 'client_version', 'value': own.cli_version},
        -- a word, or an object with the name of what started it
        {'key': 'entrypoint', 'value': nullif(regexp_extract(own.source, '^(?:\{\s*")?([A-Za-z0-9_-]+)', 1), '')},
        {'key': 'git_branch', 'value': own.git.branch},
        {'key': 'fork', 'value': case when root_id <> own.id then 'true' end}
    ], lambda entry: entry.value is not null)) as tags,
    last.input_tokens as input_tokens,
    last.cached_input_tokens as cache_read_tokens,
    last.cache_write_input_tokens as cache_write_tokens,
    last.output_tokens as output_tokens,
    last.reasoning_output_tokens as reasoning_tokens,
    last.total_tokens as total_tokens,
    'caches' as input_holds,
    service_tier,
    case
        when unknown_usage is not null then '{"' || unknown_usage || '": 1}'
        when foreign_usage is not null and not is_rollout then '{"' || foreign_usage || '_tokens": 1}'
        when counts is not null and (last.input_tokens is null or last.output_tokens is null)
        then at_path(line.raw, '$.payload.info')
        when response is not null and (last.input_tokens is null or last.output_tokens is null)
        then at_path(line.raw, '$.payload.usage')
    end as unread_usage
from linked
