-- qwen-code: sessions of Qwen Code
--
-- source: ~/.qwen/projects/**/chats/*.jsonl, and ~/.qwen/usage/token-usage-*.jsonl
-- ingest: llmcost ingest ~/.qwen/projects ~/.qwen/usage
-- columns: {"id": "VARCHAR", "uuid": "VARCHAR", "sessionId": "VARCHAR", "timestamp": "VARCHAR", "type": "VARCHAR",
--   "cwd": "VARCHAR", "version": "VARCHAR", "gitBranch": "VARCHAR", "model": "VARCHAR",
--   "message": {"parts": "VARCHAR"}, "systemPayload": "VARCHAR", "toolCallResult": "VARCHAR",
--   "forkedFrom": {"sessionId": "VARCHAR"},
--   "inputTokens": "VARCHAR", "outputTokens": "VARCHAR", "cachedTokens": "VARCHAR", "thoughtsTokens": "VARCHAR",
--   "totalTokens": "VARCHAR", "apiDurationMs": "VARCHAR",
--   "usageMetadata": {"promptTokenCount": "VARCHAR", "candidatesTokenCount": "VARCHAR",
--     "thoughtsTokenCount": "VARCHAR", "totalTokenCount": "VARCHAR", "cachedContentTokenCount": "VARCHAR",
--     "toolUsePromptTokenCount": "VARCHAR"}}
-- claims: sessionId is not null and (
--   (uuid is not null
--     and coalesce(message.parts, systemPayload, toolCallResult, usageMetadata.promptTokenCount,
--       usageMetadata.totalTokenCount) is not null)
--   or (totalTokens is not null and inputTokens is not null and uuid is null))
-- cached: inside the prompt
-- reasoning: decided by the total: inside the candidates where it is prompt + candidates, else outside
-- lacks: the prices' tiers and regions; prompts as they were sent; in the file of the month the texts
-- truth: the total decides: the cached tokens are inside the prompt; the thoughts are inside the candidates where
--   total =
--   prompt + candidates, else outside.
-- truth: a call is in the session's chat and in the file of the month: it is identified by its session, model and
--   counts, and counts once. A line with forkedFrom is a copy from another session, whose call it is.

with calls as (
    select
        *,
        coalesce(usageMetadata.promptTokenCount, inputTokens) as prompt,
        coalesce(usageMetadata.candidatesTokenCount, outputTokens) as answer,
        coalesce(usageMetadata.cachedContentTokenCount, cachedTokens) as cached,
        coalesce(usageMetadata.thoughtsTokenCount, thoughtsTokens) as thoughts,
        coalesce(usageMetadata.totalTokenCount, totalTokens) as total,
        coalesce(forkedFrom.sessionId, sessionId) as origin
    from lines
)

select
    line,
    prompt is not null or answer is not null or total is not null as carries_call,
    case
        when prompt is not null and total is not null
        then concat_ws(':', origin, model, prompt, coalesce(cached, '0'), total)
        else coalesce(uuid, id)
    end as request_id,
    timestamp as ts,
    model,
    origin as session_id,
    coalesce(forkedFrom.sessionId <> sessionId, false) as branched,
    cwd as project,
    map_from_entries(list_filter([
        {'key': 'git_branch', 'value': gitBranch},
        {'key': 'client_version', 'value': version}
    ], lambda entry: entry.value is not null)) as tags,
    tallied([prompt, usageMetadata.toolUsePromptTokenCount]) as input_tokens,
    cached as cache_read_tokens,
    coalesce(answer, '0') as output_tokens,
    thoughts as reasoning_tokens,
    total as total_tokens,
    'caches' as input_holds,
    try_cast(apiDurationMs as double) as latency_ms,
    case
        when prompt is null or answer is null then coalesce(at_path(line.raw, '$.usageMetadata'), own_values(line.raw))
    end as unread_usage
from calls
