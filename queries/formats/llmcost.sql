-- llmcost: llmcost's own log, as its tracker writes it
--
-- source: written by `llmcost.track`, or by anything that keeps to docs/log_format.md
-- ingest: llmcost ingest usage.jsonl
-- columns: {"llmcost": "VARCHAR", "request_id": "VARCHAR", "ts": "VARCHAR", "provider": "VARCHAR", "model": "VARCHAR",
--   "feature": "VARCHAR", "task_type": "VARCHAR", "prompt_id": "VARCHAR", "user_id": "VARCHAR",
--   "session_id": "VARCHAR", "project": "VARCHAR", "tags": "MAP(VARCHAR, VARCHAR)", "input_tokens": "VARCHAR",
--   "cache_read_tokens": "VARCHAR", "cache_write_5m_tokens": "VARCHAR", "cache_write_1h_tokens": "VARCHAR",
--   "output_tokens": "VARCHAR", "reasoning_tokens": "VARCHAR", "total_tokens": "VARCHAR", "web_searches": "VARCHAR",
--   "calls": "VARCHAR",
--   "input_audio_tokens": "VARCHAR", "input_image_tokens": "VARCHAR", "input_video_tokens": "VARCHAR",
--   "cache_read_audio_tokens": "VARCHAR", "cache_read_image_tokens": "VARCHAR", "output_audio_tokens": "VARCHAR",
--   "output_image_tokens": "VARCHAR", "output_video_tokens": "VARCHAR", "tools": "MAP(VARCHAR, VARCHAR)",
--   "region": "VARCHAR",
--   "max_output_tokens": "VARCHAR", "output_used_tokens": "VARCHAR",
--   "stop_reason": "VARCHAR", "service_tier": "VARCHAR", "status": "VARCHAR",
--   "latency_ms": "DOUBLE", "ttft_ms": "DOUBLE", "output_partial": "BOOLEAN", "prompt_hash": "VARCHAR",
--   "output_hash": "VARCHAR", "prefix": [{"hash": "VARCHAR", "tokens": "BIGINT"}], "system_blocks": "INTEGER",
--   "cache_key": "VARCHAR", "cache_retention": "VARCHAR", "organisation": "VARCHAR",
--   "complexity": "DOUBLE", "cost_logged_usd": "DOUBLE",
--   "text": {"system": "VARCHAR", "prompt": "VARCHAR", "output": "VARCHAR"}}
-- claims: llmcost is not null
-- cached: decided by total_tokens; without it outside input_tokens
-- reasoning: decided by total_tokens; without it inside output_tokens
-- lacks: nothing by itself: what the program that writes it leaves out
-- truth: the five token counts are disjoint; reasoning_tokens is a part of output_tokens. A line may state
--   total_tokens:
--   where that says that one count holds another, it is right.

select
    line,
    true as carries_call,
    request_id,
    ts,
    provider,
    model,
    feature,
    task_type,
    prompt_id,
    user_id,
    session_id,
    project,
    tags,
    input_tokens,
    cache_read_tokens,
    cache_write_5m_tokens,
    cache_write_1h_tokens,
    output_tokens,
    reasoning_tokens,
    total_tokens,
    case when input_tokens is null or output_tokens is null then own_values(line.raw) end as unread_usage,
    input_audio_tokens,
    input_image_tokens,
    input_video_tokens,
    cache_read_audio_tokens,
    cache_read_image_tokens,
    output_audio_tokens,
    output_image_tokens,
    output_video_tokens,
    web_searches,
    tools,
    calls,
    max_output_tokens,
    output_used_tokens,
    stop_reason,
    service_tier,
    region,
    status,
    latency_ms,
    ttft_ms,
    output_partial,
    prompt_hash,
    output_hash,
    text.output as output_text,
    text.prompt as prompt_text,
    text.system as system_text,
    prefix,
    system_blocks,
    cache_key,
    cache_retention,
    organisation,
    complexity,
    cost_logged_usd
from lines
