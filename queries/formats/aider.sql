-- aider: aider's analytics log
--
-- source: the file given to `aider --analytics-log FILE`
-- ingest: llmcost ingest ~/aider-analytics.jsonl
-- columns: {"event": "VARCHAR", "user_id": "VARCHAR", "time": "VARCHAR", "properties": {
--   "main_model": "VARCHAR", "edit_format": "VARCHAR", "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR",
--   "total_tokens": "VARCHAR", "cost": "DOUBLE", "total_cost": "DOUBLE"}}
-- claims: event is not null and properties is not null and time is not null
-- cached: inside prompt_tokens, as aider adds up what its library reports; how many is not said
-- reasoning: inside completion_tokens, as the provider counts them; how many is not said
-- lacks: cached tokens, so that its price is an upper bound where a cache was read; prompts, sessions and
--   latencies
-- truth: prompt_tokens holds what the provider counted as input; the log does not say how much of it came from a cache.
--   cost is aider's own figure for the call, total_cost a running total of the session.

select
    line,
    coalesce(event = 'message_send' and properties.prompt_tokens is not null, false) as carries_call,
    time as ts,
    case when contains(properties.main_model, '/') then split_part(properties.main_model, '/', 1) end as provider,
    properties.main_model as model,
    properties.edit_format as task_type,
    user_id,
    properties.prompt_tokens as input_tokens,
    properties.completion_tokens as output_tokens,
    properties.total_tokens as total_tokens,
    case
        when event = 'message_send' and (properties.prompt_tokens is null or properties.completion_tokens is null)
        then own_values(at_path(line.raw, '$.properties'))
        -- another program's events in the same form
        when event <> 'message_send' and regexp_matches(line.raw, '(?i)"[^"]*tokens"\s*:\s*[1-9]')
        then '{"' || regexp_replace(event, '[^A-Za-z0-9_.]', '', 'g') || '.properties_tokens": 1}'
    end as unread_usage,
    properties.cost as cost_logged_usd
from lines
