-- priced: every request with its dollars, in the store for any client of DuckDB
--
-- question: What did each request cost, by what is paid for, and where does its price come from?
-- assumes: prices are those of the last llmcost command that could write to the store; times and days are in UTC.

select
    request_id,
    ts,
    ts::date as day,
    provider,
    model,
    model_logged,
    by_feature as feature,
    task_type,
    prompt_id,
    user_id,
    session_id,
    project,
    machine,
    tags,
    service_tier,
    region,
    status,
    stop_reason,
    calls as requests,
    input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    output_tokens,
    reasoning_tokens,
    latency_ms,
    ttft_ms,
    input_cost_usd,
    cache_read_cost_usd,
    cache_write_cost_usd,
    output_cost_usd,
    fees_cost_usd,
    cost_usd,
    cost_logged_usd,
    price_source,
    source_format
from priced
