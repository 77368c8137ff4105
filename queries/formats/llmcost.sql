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
--   "max_output_tokens": "VARCHAR", "output_used_tokens": "VARCHAR",
--   "stop_reason": "VARCHAR", "service_tier": "VARCHAR", "status": "VARCHAR",
--   "latency_ms": "DOUBLE", "ttft_ms": "DOUBLE", "output_partial": "BOOLEAN", "prompt_hash": "VARCHAR",
--   "output_hash": "VARCHAR", "prefix": [{"hash": "VARCHAR", "tokens": "BIGINT"}], "system_blocks": "INTEGER",
--   "complexity": "DOUBLE", "cost_logged_usd": "DOUBLE",
--   "text": {"system": "VARCHAR", "prompt": "VARCHAR", "output": "VARCHAR"}}
-- claims: llmcost is not null
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
    web_searches,
    calls,
    max_output_tokens,
    output_used_tokens,
    stop_reason,
    service_tier,
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
    complexity,
    cost_logged_usd
from lines
