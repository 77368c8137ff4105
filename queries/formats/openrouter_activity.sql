-- openrouter-activity: a day's use of one model, as OpenRouter's /activity counts it
--
-- source: what the API's /api/v1/activity answers (a provisioning key's last 30 days); single responses are openai's
-- ingest: curl -sH "Authorization: Bearer $OPENROUTER_PROVISIONING_KEY" https://openrouter.ai/api/v1/activity |
--   llmcost ingest -
-- columns: {"data": ["record"]}
-- record: {"date": "VARCHAR", "model": "VARCHAR", "model_permaslug": "VARCHAR", "endpoint_id": "VARCHAR",
--   "provider_name": "VARCHAR", "usage": "DOUBLE", "byok_usage_inference": "DOUBLE", "requests": "VARCHAR",
--   "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "reasoning_tokens": "VARCHAR"}
-- records: data
-- claims: coalesce(requests, data[1].requests) is not null and coalesce(date, data[1].date) is not null
--   and coalesce(usage, data[1].usage) is not null
-- cached: inside prompt_tokens; how many is not said
-- reasoning: inside completion_tokens
-- lacks: single calls, cached tokens, context tiers and latencies; the fee on bought credits
-- truth: each row is as many calls as it has requests. prompt_tokens includes the cached tokens, how many is not
--   said: all of it counts as plain input, so that the price is an upper bound and usage (credits spent, in USD) is the
--   truth. completion_tokens holds the reasoning. A later answer of the same day replaces an earlier one.

select
    line,
    record.requests is not null and record.requests <> '0' as carries_call,
    concat_ws(' ', 'openrouter', record.date[:10], record.model, record.endpoint_id) as request_id,
    record.date[:10] as ts,
    'openrouter' as provider,
    coalesce(record.model_permaslug, record.model) as model,
    tier_in(record.model) as service_tier,
    map_from_entries(list_filter([
        {'key': 'upstream', 'value': record.provider_name},
        {'key': 'aggregate', 'value': 'day'}
    ], lambda entry: entry.value is not null)) as tags,
    record.prompt_tokens as input_tokens,
    record.completion_tokens as output_tokens,
    record.reasoning_tokens as reasoning_tokens,
    case
        when record.prompt_tokens is null or record.completion_tokens is null
        then own_values(record_in(line.raw, '$.data', line.record_no))
    end as unread_usage,
    record.requests as calls,
    coalesce(record.usage, 0) + coalesce(record.byok_usage_inference, 0) as cost_logged_usd
from lines
