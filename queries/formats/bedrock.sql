-- bedrock: invocation logs of Amazon Bedrock
--
-- source: the bucket or log group that model invocation logging writes to (.json.gz), one invocation a line
-- ingest: aws s3 sync s3://BUCKET/PREFIX bedrock-logs && llmcost ingest bedrock-logs
-- columns: {"schemaType": "VARCHAR", "timestamp": "VARCHAR", "requestId": "VARCHAR", "operation": "VARCHAR",
--   "region": "VARCHAR", "accountId": "VARCHAR", "modelId": "VARCHAR", "errorCode": "VARCHAR",
--   "identity": {"arn": "VARCHAR"}, "requestMetadata": "MAP(VARCHAR, VARCHAR)",
--   "input": {"inputTokenCount": "VARCHAR", "cacheReadInputTokenCount": "VARCHAR",
--     "cacheWriteInputTokenCount": "VARCHAR", "inputBodyJson": {
--       "system": "JSON", "toolConfig": "JSON", "tools": "JSON", "messages": ["JSON"], "max_tokens": "VARCHAR",
--       "inferenceConfig": {"maxTokens": "VARCHAR"}, "serviceTier": {"type": "VARCHAR"},
--       "performanceConfig": {"latency": "VARCHAR"}}},
--   "output": {"outputTokenCount": "VARCHAR", "outputBodyJson": "JSON"}}
-- claims: schemaType = 'ModelInvocationLog'
-- cached: outside inputTokenCount, unless the totalTokens of the answer's body says otherwise
-- reasoning: inside outputTokenCount; how many is not said
-- lacks: the reasoning count, the service tier's price, and the bodies where they are logged to another bucket or
--   are too large
-- truth: inputTokenCount, cacheReadInputTokenCount and cacheWriteInputTokenCount are disjoint, unless the totalTokens
--   of the answer's body says otherwise; outputTokenCount holds the thinking. The life of a write is in that body:
--   cacheDetails of Converse, cache_creation of InvokeModel, streamed or not; what it leaves of the writes lives 5
--   minutes. An embedding has no output count, a call that failed has none at all. modelId may be the ARN of an
--   inference profile; that of an application's own profile does not say which model it leads to.

with calls as (
    select *, input.inputBodyJson as asked, output.outputBodyJson as answered from lines
),

answers as (
    select
        *,
        -- the answer of a stream is the list of its events
        case when json_type(answered) = 'ARRAY' then answered else json_array(answered) end as events
    from calls
)

select
    line,
    input.inputTokenCount is not null as carries_call,
    requestId as request_id,
    timestamp as ts,
    'aws' as provider,
    modelId as model,
    coalesce(requestMetadata['feature'], requestMetadata['application']) as feature,
    requestMetadata['task_type'] as task_type,
    requestMetadata['prompt_id'] as prompt_id,
    coalesce(requestMetadata['user'], regexp_extract(identity.arn, '[^:]+$')) as user_id,
    coalesce(requestMetadata['session'], requestMetadata['session_id']) as session_id,
    coalesce(requestMetadata['project'], requestMetadata['team']) as project,
    map_concat(
        coalesce(requestMetadata, map {}),
        map_from_entries(list_filter([
            {'key': 'region', 'value': region},
            {'key': 'account', 'value': accountId},
            {'key': 'operation', 'value': operation},
            {'key': 'error', 'value': errorCode}
        ], lambda entry: entry.value is not null))
    ) as tags,
    input.inputTokenCount as input_tokens,
    input.cacheReadInputTokenCount as cache_read_tokens,
    input.cacheWriteInputTokenCount as cache_write_tokens,
    coalesce(
        -- Converse, and its stream
        tallied(list_transform(list_filter(
            from_json(
                coalesce(answered -> '$.usage.cacheDetails', events -> '$[*].metadata.usage.cacheDetails' -> '$[0]'),
                '[{"ttl": "VARCHAR", "inputTokens": "VARCHAR"}]'),
            lambda it: it.ttl = '1h'
        ), lambda it: it.inputTokens)),
        -- InvokeModel, and its stream
        list_filter(list_concat(
            json_extract_string(events, '$[*].usage.cache_creation.ephemeral_1h_input_tokens'),
            json_extract_string(events, '$[*].message.usage.cache_creation.ephemeral_1h_input_tokens')
        ), lambda it: it is not null)[1]
    ) as cache_write_1h_tokens,
    answered ->> '$.usage.totalTokens' as total_tokens,
    coalesce(output.outputTokenCount, '0') as output_tokens,
    coalesce(asked.inferenceConfig.maxTokens, asked.max_tokens) as max_output_tokens,
    coalesce(answered ->> '$.stopReason', answered ->> '$.stop_reason') as stop_reason,
    coalesce(
        answered ->> '$.serviceTier.type', asked.serviceTier.type, nullif(asked.performanceConfig.latency, 'standard')
    ) as service_tier,
    case when errorCode is not null then 'error' end as status,
    try_cast(answered ->> '$.metrics.latencyMs' as double) as latency_ms,
    case
        when input.inputTokenCount is null or output.outputTokenCount is null
        then concat_ws(
            ' ', at_path(line.raw, '$.output.outputBodyJson.usage'), at_path(line.raw, '$.input.usage'),
            at_path(line.raw, '$.output.usage'), own_values(at_path(line.raw, '$.input')),
            own_values(at_path(line.raw, '$.output'))
        )
    end as unread_usage,
    case when asked.messages is not null then to_json({'model': modelId, 'request': asked}) end as prompt_key,
    coalesce(answered -> '$.output', answered -> '$.content')::varchar as output_text,
    asked.messages[-1]::varchar as prompt_text,
    case when asked.messages is not null then list_concat(
        list_filter(
            [coalesce(asked.toolConfig, asked.tools)::varchar, asked.system::varchar],
            lambda block: block is not null
        ),
        list_transform(asked.messages, lambda message: message::varchar)
    ) end as prompt_blocks,
    case when asked.messages is not null
        then (coalesce(asked.toolConfig, asked.tools) is not null)::integer + (asked.system is not null)::integer
    end as system_blocks
from answers
