-- anthropic-batches: results of Anthropic's Message Batches
--
-- source: a batch's results_url, one result a line
-- ingest: curl -sH "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01" "$RESULTS_URL" | llmcost ingest -
-- columns: {"custom_id": "VARCHAR", "result": {"type": "VARCHAR", "error": {"error": {"type": "VARCHAR"}}, "message": {
--   "id": "VARCHAR", "model": "VARCHAR", "stop_reason": "VARCHAR", "content": "VARCHAR", "usage": {
--     "input_tokens": "VARCHAR", "output_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR",
--     "cache_read_input_tokens": "VARCHAR",
--     "cache_creation": {"ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
--     "output_tokens_details": {"thinking_tokens": "VARCHAR"},
--     "server_tool_use": {"web_search_requests": "VARCHAR"}}}}}
-- claims: custom_id is not null and result.type in ('succeeded', 'errored', 'canceled', 'expired')
-- truth: as in the Messages API the input and both cache counts are disjoint and the output holds the thinking. Only
--   succeeded requests are billed, at the batch price. A line has no time: such calls are priced at the newest price
--   and stand in no day.

select
    line,
    result.message.usage is not null as carries_call,
    result.message.id as request_id,
    'anthropic' as provider,
    result.message.model as model,
    map {'custom_id': custom_id} as tags,
    result.message.usage.input_tokens as input_tokens,
    result.message.usage.cache_read_input_tokens as cache_read_tokens,
    coalesce(
        result.message.usage.cache_creation.ephemeral_5m_input_tokens,
        case
            when result.message.usage.cache_creation.ephemeral_1h_input_tokens is null
            then result.message.usage.cache_creation_input_tokens
        end
    ) as cache_write_5m_tokens,
    result.message.usage.cache_creation.ephemeral_1h_input_tokens as cache_write_1h_tokens,
    result.message.usage.output_tokens as output_tokens,
    result.message.usage.output_tokens_details.thinking_tokens as reasoning_tokens,
    result.message.usage.server_tool_use.web_search_requests as web_searches,
    result.message.stop_reason as stop_reason,
    'batch' as service_tier,
    result.message.content as output_text
from lines
