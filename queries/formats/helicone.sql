-- helicone: requests exported from Helicone
--
-- source: npx @helicone/export, or the response of its API's /v1/request/query-clickhouse
-- ingest: npx @helicone/export --start-date 2026-11-01 --output helicone.jsonl && llmcost ingest helicone.jsonl
-- columns: {"data": ["record"]}
-- record: {"request_id": "VARCHAR", "request_created_at": "VARCHAR", "response_status": "VARCHAR",
--   "request_model": "VARCHAR", "response_model": "VARCHAR", "model_override": "VARCHAR", "provider": "VARCHAR",
--   "prompt_tokens": "VARCHAR", "prompt_cache_read_tokens": "VARCHAR", "prompt_cache_write_tokens": "VARCHAR",
--   "completion_tokens": "VARCHAR", "reasoning_tokens": "VARCHAR", "total_tokens": "VARCHAR", "cost": "DOUBLE",
--   "costUSD": "DOUBLE",
--   "delay_ms": "DOUBLE", "time_to_first_token": "DOUBLE", "request_user_id": "VARCHAR",
--   "request_path": "VARCHAR", "request_properties": "MAP(VARCHAR, VARCHAR)", "cache_reference_id": "VARCHAR",
--   "request_body": {"max_tokens": "VARCHAR", "max_completion_tokens": "VARCHAR"}}
-- records: data
-- claims: coalesce(request_id, data[1].request_id) is not null
--   and coalesce(request_created_at, data[1].request_created_at) is not null
-- cached: decided by total_tokens; without it outside prompt_tokens
-- reasoning: decided by total_tokens; without it outside completion_tokens
-- lacks: the life of cache writes, audio and images, the service tier, and fees of tools
-- truth: prompt_tokens is the plain input: cache reads and writes are separate. reasoning_tokens are separate from
--   completion_tokens. Where a row states total_tokens, that decides instead. What Helicone's own cache served refers
--   to another request and was not billed.

with calls as (
    select
        line,
        record,
        coalesce(record.cache_reference_id, '00000000-0000-0000-0000-000000000000')
        not in ('00000000-0000-0000-0000-000000000000', '', record.request_id) as served_from_cache
    from lines
)

select
    line,
    record.prompt_tokens is not null or record.completion_tokens is not null as carries_call,
    record.request_id as request_id,
    record.request_created_at as ts,
    nullif(record.provider, 'CUSTOM') as provider,
    coalesce(record.model_override, nullif(record.response_model, ''), record.request_model) as model,
    coalesce(record.request_properties['Feature'], record.request_properties['feature']) as feature,
    coalesce(record.request_properties['TaskType'], record.request_properties['task_type']) as task_type,
    record.request_properties['Helicone-Prompt-Id'] as prompt_id,
    record.request_user_id as user_id,
    record.request_properties['Helicone-Session-Id'] as session_id,
    coalesce(record.request_properties['Project'], record.request_properties['project']) as project,
    map_concat(
        coalesce(record.request_properties, map {}),
        case when served_from_cache then map {'response_cache': 'hit'} else map {} end
    ) as tags,
    served_from_cache,
    case when served_from_cache then '0' else coalesce(record.prompt_tokens, '0') end as input_tokens,
    case when not served_from_cache then record.prompt_cache_read_tokens end as cache_read_tokens,
    case when not served_from_cache then record.prompt_cache_write_tokens end as cache_write_tokens,
    case when served_from_cache then '0' else coalesce(record.completion_tokens, '0') end as output_tokens,
    case when not served_from_cache then record.reasoning_tokens end as reasoning_tokens,
    case when not served_from_cache then record.total_tokens end as total_tokens,
    true as output_excludes_reasoning,
    case
        when not served_from_cache and (record.prompt_tokens is null or record.completion_tokens is null)
        then own_values(record_in(line.raw, '$.data', line.record_no))
    end as unread_usage,
    coalesce(record.request_body.max_completion_tokens, record.request_body.max_tokens) as max_output_tokens,
    case when parse_count(record.response_status) not between 200 and 299 then 'error' end as status,
    record.delay_ms as latency_ms,
    record.time_to_first_token as ttft_ms,
    coalesce(record.cost, record.costUSD) as cost_logged_usd
from calls
