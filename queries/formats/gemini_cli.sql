-- gemini-cli: sessions of the Gemini CLI
--
-- source: ~/.gemini/tmp/*/chats/session-*.jsonl (older versions: one .json a session; subagents in a folder of their
--   own)
-- ingest: llmcost ingest ~/.gemini/tmp
-- columns: {"messages": ["record"], "sessionId": "VARCHAR", "projectHash": "VARCHAR", "usage": "VARCHAR"}
-- record: {"id": "VARCHAR", "timestamp": "VARCHAR", "type": "VARCHAR", "model": "VARCHAR",
--   "tokens": {"input": "VARCHAR", "output": "VARCHAR", "cached": "VARCHAR", "thoughts": "VARCHAR",
--     "tool": "VARCHAR", "total": "VARCHAR"}}
-- records: messages
-- claims: (sessionId is not null and projectHash is not null)
--   or (sessionId is not null and type = 'session_metadata')
--   or (type = 'message_update' and id is not null and tokens is not null)
--   or regexp_matches(left(raw, 20), '^\s*\{\s*"[$](set|patch|rewindTo)"')
--   or (type in ('gemini', 'user', 'info', 'error', 'warning') and id is not null and timestamp is not null
--     and sessionId is null and usage is null
--     and case when type = 'gemini' then coalesce(model, tokens.input, tokens.total) is not null else model is null end)
-- stateful: the session is in the first line of the file
-- cached: decided by the total; without it inside the input
-- reasoning: decided by the total; without it outside the output
-- lacks: prices' tiers and regions; grounding; prompts as they were sent, with their tools
-- truth: the total decides. Without it the cached tokens are inside the input, the thoughts and the tool prompts
--   outside
--   the other counts.
-- truth: a message comes again with its counts filled in: the copy with most output is the call. What was rewound had
--   been billed, and counts. What "$set" repeats is not a separate call.

with calls as (
    select
        *,
        first_value(sessionId ignore nulls) over file as session,
        first_value(projectHash ignore nulls) over file as project_hash,
        -- an update of a message says neither
        first_value(record.model ignore nulls) over message as message_model,
        first_value(record.timestamp ignore nulls) over message as message_time
    from lines
    window
        file as (
            partition by line.source_id, line.claimed order by line.line_no
            rows between unbounded preceding and unbounded following
        ),
        message as (
            partition by line.source_id, line.claimed, record.id order by line.line_no, line.record_no
            rows between unbounded preceding and unbounded following
        )
)

select
    line,
    record.tokens is not null as carries_call,
    record.id as request_id,
    coalesce(record.timestamp, message_time) as ts,
    'google' as provider,
    coalesce(record.model, message_model) as model,
    session as session_id,
    project_hash as project,
    tallied([record.tokens.input, record.tokens.tool]) as input_tokens,
    record.tokens.cached as cache_read_tokens,
    coalesce(record.tokens.output, '0') as output_tokens,
    record.tokens.thoughts as reasoning_tokens,
    record.tokens.total as total_tokens,
    'caches' as input_holds,
    true as output_excludes_reasoning,
    case
        when record.tokens is not null and (record.tokens.input is null or record.tokens.output is null)
        then coalesce(at_path(line.raw, '$.tokens'), at_path(line.raw, '$.messages[*].tokens'))
    end as unread_usage
from calls
