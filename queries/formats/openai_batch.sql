-- openai-batch: output files of the OpenAI Batch API
--
-- source: the output file of a batch (and its error file), as the Files API gives it
-- ingest: curl -sH "Authorization: Bearer $OPENAI_API_KEY" https://api.openai.com/v1/files/FILE_ID/content |
--   llmcost ingest -
-- columns: {"id": "VARCHAR", "custom_id": "VARCHAR", "error": {"code": "VARCHAR"}, "response": {
--   "status_code": "VARCHAR", "request_id": "VARCHAR", "body": {
--     "id": "VARCHAR", "object": "VARCHAR", "created": "VARCHAR", "created_at": "VARCHAR", "model": "VARCHAR",
--     "choices": [{"finish_reason": "VARCHAR", "message": "VARCHAR"}], "output": ["JSON"], "status": "VARCHAR",
--     "usage": {
--       "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "total_tokens": "VARCHAR",
--       "prompt_tokens_details": "openai_prompt_details", "completion_tokens_details": "openai_answer_details",
--       "input_tokens": "VARCHAR", "output_tokens": "VARCHAR",
--       "input_tokens_details": "openai_prompt_details", "output_tokens_details": "openai_answer_details",
--       "*": "gateway_caches"}}}}
-- claims: custom_id is not null and (response.status_code is not null or error.code is not null)
-- cached: decided by total_tokens; without it inside the prompt
-- reasoning: decided by total_tokens; without it inside the answer
-- lacks: prompts, which are in the file that was sent; how long each request took
-- truth: a body is that of Chat Completions, Responses or Embeddings: the prompt holds the cached tokens and the answer
--   the reasoning, unless total_tokens says otherwise. A request that failed or expired was not billed. All of it is
--   at the batch price.

with calls as (
    select
        *,
        response.body as body,
        response.body.usage as usage,
        coalesce(response.body.usage.prompt_tokens_details, response.body.usage.input_tokens_details) as sent,
        coalesce(response.body.usage.completion_tokens_details, response.body.usage.output_tokens_details) as made
    from lines
)

select
    line,
    usage is not null as carries_call,
    coalesce(told_apart(body.id, custom_id), id) as request_id,
    coalesce(body.created, body.created_at) as ts,
    'openai' as provider,
    body.model as model,
    map {'custom_id': custom_id} as tags,
    coalesce(usage.prompt_tokens, usage.input_tokens) as input_tokens,
    gateway_counts(usage, sent).cache_read as cache_read_tokens,
    gateway_counts(usage, sent).cache_write as cache_write_tokens,
    gateway_counts(usage, sent).cache_write_5m as cache_write_5m_tokens,
    gateway_counts(usage, sent).cache_write_1h as cache_write_1h_tokens,
    coalesce(
        usage.completion_tokens, usage.output_tokens, case when body.object = 'list' then '0' end
    ) as output_tokens,
    made.reasoning_tokens as reasoning_tokens,
    usage.total_tokens as total_tokens,
    'caches' as input_holds,
    sent.audio_tokens as input_audio_tokens,
    sent.image_tokens as input_image_tokens,
    made.audio_tokens as output_audio_tokens,
    made.image_tokens as output_image_tokens,
    searches_among(body.output) as web_searches,
    uses_of(uses_among(body.output)) as tools,
    case
        when coalesce(usage.prompt_tokens, usage.input_tokens) is null
            or (coalesce(usage.completion_tokens, usage.output_tokens) is null and body.object <> 'list')
        then at_path(line.raw, '$.response.body.usage')
    end as unread_usage,
    coalesce(body.choices[1].finish_reason, body.status) as stop_reason,
    'batch' as service_tier,
    coalesce(body.choices[1].message, body.output::varchar) as output_text
from calls
