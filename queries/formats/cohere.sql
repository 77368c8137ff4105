-- cohere: responses of Cohere's API
--
-- source: your application's own log of response objects or stream events, one a line; alone, or as {"ts", "request",
--   "response"}
-- ingest: llmcost ingest /var/log/myapp/cohere*.jsonl
-- columns: {"*": "envelope", "response": "record", "request": {"model": "VARCHAR", "max_tokens": "VARCHAR",
--   "tools": "JSON", "messages": ["JSON"]}, "model": "VARCHAR"}
-- record: {"id": "VARCHAR", "generation_id": "VARCHAR", "finish_reason": "VARCHAR", "message": "VARCHAR",
--   "text": "VARCHAR",
--   "usage": {"billed_units": {"input_tokens": "VARCHAR", "output_tokens": "VARCHAR"}},
--   "delta": {"finish_reason": "VARCHAR",
--     "usage": {"billed_units": {"input_tokens": "VARCHAR", "output_tokens": "VARCHAR"}}},
--   "meta": {"billed_units": {"input_tokens": "VARCHAR", "output_tokens": "VARCHAR"}}}
-- within: response
-- claims: coalesce(response.usage.billed_units, response.meta.billed_units, response.delta.usage.billed_units)
--     is not null
--   or usage.billed_units is not null or meta.billed_units is not null or delta.usage.billed_units is not null
-- cached: not in the billed units, which decide the price
-- reasoning: inside the billed output
-- lacks: the time and the model in a bare body; search units of Rerank are billed and not tokens
-- truth: billed_units is what is billed: less than tokens, which also holds what Cohere adds to a prompt. cached_tokens
--   is a part of tokens, not of billed_units, and changes no price. An embedding has no output. Rerank's search_units
--   are not tokens: such a line carries no call.
-- truth: a body names no model: such a call is unpriced unless the line or its request says it.

with calls as (
    select *, coalesce(record.usage.billed_units, record.delta.usage.billed_units, record.meta.billed_units) as billed
    from lines
)

select
    line,
    billed.input_tokens is not null or billed.output_tokens is not null as carries_call,
    coalesce(record.id, record.generation_id) as request_id,
    coalesce(ts, timestamp, time) as ts,
    'cohere' as provider,
    coalesce(model, request.model, 'unknown') as model,
    feature,
    task_type,
    prompt_id,
    user_id,
    session_id,
    project,
    tags,
    coalesce(billed.input_tokens, '0') as input_tokens,
    coalesce(billed.output_tokens, '0') as output_tokens,
    case
        when billed.input_tokens is null or billed.output_tokens is null
        then coalesce(
            at_path(line.raw, '$.response.usage.billed_units'), at_path(line.raw, '$.usage.billed_units'),
            at_path(line.raw, '$.response.meta.billed_units'), at_path(line.raw, '$.meta.billed_units'))
    end as unread_usage,
    request.max_tokens as max_output_tokens,
    coalesce(record.finish_reason, record.delta.finish_reason) as stop_reason,
    latency_ms,
    case when request.messages is not null then to_json({'model': request.model, 'request': request}) end as prompt_key,
    coalesce(record.message, record.text) as output_text,
    request.messages[-1]::varchar as prompt_text,
    case when request.messages is not null then list_concat(
        list_filter([request.tools::varchar], lambda block: block is not null),
        list_transform(request.messages, lambda message: message::varchar)
    ) end as prompt_blocks,
    case when request.messages is not null
        then (request.tools is not null)::integer
            + (coalesce(request.messages[1] ->> '$.role' in ('system', 'developer'), false))::integer
    end as system_blocks
from calls
