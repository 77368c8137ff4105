-- anthropic-batches: results of Anthropic's Message Batches
--
-- source: a batch's results_url, one result a line
-- ingest: curl -sH "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01" "$RESULTS_URL" | llmcost ingest -
-- columns: {"custom_id": "VARCHAR", "result": {"type": "VARCHAR", "error": {"error": {"type": "VARCHAR"}},
--   "message": {"id": "VARCHAR", "model": "VARCHAR", "stop_reason": "VARCHAR", "content": "VARCHAR",
--   "usage": "anthropic_usage"}}}
-- claims: custom_id is not null and result.type in ('succeeded', 'errored', 'canceled', 'expired')
-- further: what an advisor used
-- cached: outside input_tokens: the three input counts are disjoint
-- reasoning: inside output_tokens
-- lacks: the time, and the prompts, which are in the file that was sent
-- truth: as in the Messages API the input and both cache counts are disjoint and the output holds the thinking. Only
--   succeeded requests are billed, at the batch price. A line has no time: such calls get the newest price and belong
--   to no day.
-- truth: compactions, several passes and an advisor are counted as in the Messages API (see anthropic).

with results as (
    select *, result.message.usage as usage, anthropic_counts(result.message.usage) as counts from lines
)

select
    line,
    usage is not null as carries_call,
    told_apart(result.message.id, custom_id) as request_id,
    'anthropic' as provider,
    result.message.model as model,
    map {'custom_id': custom_id} as tags,
    counts.input as input_tokens,
    counts.cache_read as cache_read_tokens,
    counts.cache_write as cache_write_tokens,
    counts.cache_write_5m as cache_write_5m_tokens,
    counts.cache_write_1h as cache_write_1h_tokens,
    counts.output as output_tokens,
    advisor_calls(usage) as further_calls,
    usage.output_tokens_details.thinking_tokens as reasoning_tokens,
    usage.server_tool_use.web_search_requests as web_searches,
    case
        when usage.input_tokens is null or usage.output_tokens is null
        then at_path(line.raw, '$.result.message.usage')
    end as unread_usage,
    result.message.stop_reason as stop_reason,
    'batch' as service_tier,
    usage.inference_geo as region,
    result.message.content as output_text
from results
