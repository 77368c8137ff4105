-- provider-usage: usage objects of any provider's responses, as a recorder of HTTP exchanges keeps them
--
-- source: a proxy, or tests' recorded exchanges: one line an exchange, with its host, address, and every usage object
--   of the answer in order
-- ingest: llmcost ingest recorded.jsonl
-- columns: {"host": "VARCHAR", "uri": "VARCHAR", "status": "VARCHAR", "mode": "VARCHAR", "model": "VARCHAR",
--   "ts": "VARCHAR", "usage_objects": ["JSON"]}
-- claims: usage_objects is not null and uri is not null
-- stateful: equal lines are numbered within their file
-- cached: decided by a stated total; without it as each vendor counts: inside for OpenAI and Gemini, outside for
--   Anthropic and Bedrock
-- reasoning: decided by a stated total; without it inside, beside it for Gemini and Perplexity
-- lacks: ids, so that equal lines are calls of their own; prompts; often the time
-- truth: a stream's usage objects complete each other, the last one to name a count is right; of several in one answer
--   the first with token counts is the whole, the others are its parts.
-- truth: a stated total decides. Without one, prompt_tokens and promptTokenCount hold the cached tokens, and
--   input_tokens does if input_tokens_details is next to it; Anthropic's input_tokens and Bedrock's inputTokens do not.
--   Gemini's thoughts and tool prompts are not part of its other counts. Cohere bills billed_units, which are fewer
--   than its tokens. Embeddings have no output.
-- further: what an advisor used
-- truth: Anthropic's compactions, several passes and an advisor are counted as in its own API (see anthropic). What a
--   split of the writes by their life leaves of them lives 5 minutes.
-- truth: the lines have no ids: equal ones are separate calls.

with merged as (
    select
        *,
        case
            when mode = 'sse' and len(usage_objects) > 0
            then list_reduce(usage_objects, lambda before, after: json_merge_patch(before, after))
            else list_filter(
                usage_objects, lambda it: regexp_matches(it::varchar, '_tokens"|Tokens"|TokenCount"')
            )[1]
        end as usage_json
    from lines
),

typed as (
    select
        *,
        try(from_json(usage_json, '{
            "input_tokens": "VARCHAR", "output_tokens": "VARCHAR",
            "cache_read_input_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR",
            "cache_creation": {"ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
            "input_tokens_details": {"cached_tokens": "VARCHAR", "cached_read_tokens": "VARCHAR",
                "cache_write_tokens": "VARCHAR", "cached_write_tokens": "VARCHAR",
                "cache_creation_tokens": "VARCHAR", "cached_creation_tokens": "VARCHAR",
                "cache_creation_input_tokens": "VARCHAR",
                "cache_creation_token_details": {
                    "ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
                "cache_creation": {
                    "ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
                "audio_tokens": "VARCHAR", "image_tokens": "VARCHAR"},
            "output_tokens_details": {"reasoning_tokens": "VARCHAR", "thinking_tokens": "VARCHAR"},
            "iterations": [{"type": "VARCHAR", "model": "VARCHAR",
                "input_tokens": "VARCHAR", "output_tokens": "VARCHAR",
                "cache_read_input_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR",
                "cache_creation": {"ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"}}],
            "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "total_tokens": "VARCHAR",
            "prompt_tokens_details": {"cached_tokens": "VARCHAR", "cached_read_tokens": "VARCHAR",
                "cache_write_tokens": "VARCHAR", "cached_write_tokens": "VARCHAR",
                "cache_creation_tokens": "VARCHAR", "cached_creation_tokens": "VARCHAR",
                "cache_creation_input_tokens": "VARCHAR",
                "cache_creation_token_details": {
                    "ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
                "cache_creation": {
                    "ephemeral_5m_input_tokens": "VARCHAR", "ephemeral_1h_input_tokens": "VARCHAR"},
                "audio_tokens": "VARCHAR", "image_tokens": "VARCHAR"},
            "claude_cache_creation_5_m_tokens": "VARCHAR", "claude_cache_creation_1_h_tokens": "VARCHAR",
            "prompt_token_details": {"cached_tokens": "VARCHAR"},
            "completion_tokens_details": {"reasoning_tokens": "VARCHAR", "audio_tokens": "VARCHAR", "image_tokens": "VARCHAR"},
            "cached_tokens": "VARCHAR", "num_cached_tokens": "VARCHAR", "prompt_cache_hit_tokens": "VARCHAR",
            "promptTokenCount": "VARCHAR", "toolUsePromptTokenCount": "VARCHAR", "cachedContentTokenCount": "VARCHAR",
            "candidatesTokenCount": "VARCHAR", "thoughtsTokenCount": "VARCHAR", "responseTokenCount": "VARCHAR",
            "totalTokenCount": "VARCHAR", "totalTokens": "VARCHAR", "tokens": "JSON",
            "cacheDetails": [{"ttl": "VARCHAR", "inputTokens": "VARCHAR"}], "reasoning_tokens": "VARCHAR",
            "inputTokens": "VARCHAR", "outputTokens": "VARCHAR",
            "cacheReadInputTokens": "VARCHAR", "cacheWriteInputTokens": "VARCHAR",
            "billed_units": {"input_tokens": "VARCHAR", "output_tokens": "VARCHAR"},
            "server_tool_use": {"web_search_requests": "VARCHAR"},
            "service_tier": "VARCHAR", "serviceTier": "VARCHAR", "trafficType": "VARCHAR", "speed": "VARCHAR",
            "inference_geo": "VARCHAR", "search_context_size": "VARCHAR", "citation_tokens": "VARCHAR",
            "num_search_queries": "VARCHAR", "server_side_tool_usage_details": "MAP(VARCHAR, VARCHAR)",
            "promptTokensDetails": [{"modality": "VARCHAR", "tokenCount": "VARCHAR"}],
            "cacheTokensDetails": [{"modality": "VARCHAR", "tokenCount": "VARCHAR"}],
            "candidatesTokensDetails": [{"modality": "VARCHAR", "tokenCount": "VARCHAR"}],
            "cost": "JSON", "is_byok": "VARCHAR", "cost_details": {"upstream_inference_cost": "DOUBLE"},
            "cost_in_usd_ticks": "DOUBLE"
        }')) as usage
    from merged
),

placed as (
    select *, coalesce(usage.prompt_tokens_details, usage.input_tokens_details) as sent from typed
),

parted as (
    select
        *,
        anthropic_counts(usage) as counts,
        -- of OpenAI's form, by whichever names
        case when sent is not null or usage.prompt_tokens is not null then gateway_counts(usage, sent) end as caches,
        coalesce(
            usage.prompt_token_details.cached_tokens, usage.cachedContentTokenCount, usage.num_cached_tokens,
            usage.prompt_cache_hit_tokens, case when usage.billed_units is null then usage.cached_tokens end
        ) as cached_inside,
        coalesce(
            usage.promptTokenCount, usage.candidatesTokenCount, usage.thoughtsTokenCount, usage.responseTokenCount
        ) is not null as is_gemini,
        regexp_matches(uri, 'embed|rerank', 'i') as is_embedding,
        coalesce(usage.search_context_size, usage.citation_tokens, usage.num_search_queries) is not null as is_perplexity
    from placed
)

select
    line,
    usage_json is not null and usage is not null as carries_call,
    row_number() over (partition by line.source_id, line.claimed, row_hash(line.raw) order by line.line_no) - 1
        as repetition,
    ts,
    host as provider,
    coalesce(
        nullif(model, ''),
        url_decode(nullif(regexp_extract(uri, '/(?:models|deployments)/([^/:?]+)', 1), '')),
        url_decode(nullif(regexp_extract(uri, '/model/([^/?]+)', 1), '')),
        'unknown'
    ) as model,
    case
        when usage.billed_units is not null then usage.billed_units.input_tokens
        when is_gemini then tallied([usage.promptTokenCount, usage.toolUsePromptTokenCount])
        else coalesce(usage.prompt_tokens, counts.input, usage.inputTokens)
    end as input_tokens,
    coalesce(caches.cache_read, cached_inside, counts.cache_read, usage.cacheReadInputTokens) as cache_read_tokens,
    coalesce(caches.cache_write, counts.cache_write, usage.cacheWriteInputTokens) as cache_write_tokens,
    coalesce(caches.cache_write_5m, counts.cache_write_5m) as cache_write_5m_tokens,
    coalesce(
        caches.cache_write_1h, counts.cache_write_1h,
        tallied(list_transform(list_filter(usage.cacheDetails, lambda it: it.ttl = '1h'), lambda it: it.inputTokens))
    ) as cache_write_1h_tokens,
    case
        when usage.billed_units is not null then usage.billed_units.output_tokens
        when is_gemini then coalesce(usage.candidatesTokenCount, usage.responseTokenCount, '0')
        else coalesce(usage.completion_tokens, counts.output, usage.outputTokens, case when is_embedding then '0' end)
    end as output_tokens,
    coalesce(
        usage.completion_tokens_details.reasoning_tokens, usage.output_tokens_details.reasoning_tokens,
        usage.output_tokens_details.thinking_tokens, usage.thoughtsTokenCount, usage.reasoning_tokens
    ) as reasoning_tokens,
    case
        when usage.billed_units is null and not is_perplexity
        then coalesce(usage.total_tokens, usage.totalTokenCount, usage.totalTokens)
    end as total_tokens,
    case
        when is_gemini or usage.prompt_tokens is not null or usage.input_tokens_details is not null
            or coalesce(counts.input, usage.inputTokens) is null
        then 'caches'
    end as input_holds,
    is_gemini or is_perplexity as output_excludes_reasoning,
    advisor_calls(usage) as further_calls,
    case
        when usage_json is not null and (
            coalesce(
                usage.prompt_tokens, usage.input_tokens, usage.promptTokenCount, usage.inputTokens,
                usage.billed_units.input_tokens, usage.billed_units.output_tokens, usage.total_tokens
            ) is null
            or coalesce(
                usage.completion_tokens, usage.output_tokens, usage.candidatesTokenCount, usage.responseTokenCount,
                usage.outputTokens, usage.billed_units.output_tokens
            ) is null
        )
        then usage_json::varchar
    end as unread_usage,
    coalesce(
        usage.num_search_queries, usage.server_tool_use.web_search_requests,
        usage.server_side_tool_usage_details['web_search_calls']
    ) as web_searches,
    uses_of(list_concat(xai_uses(usage.server_side_tool_usage_details), [
        {'key': 'citation_tokens', 'value': usage.citation_tokens},
        {
            'key': 'search_context_' || lower(usage.search_context_size),
            'value': case when lower(usage.search_context_size) <> 'low' then '1' end
        }
    ])) as tools,
    coalesce(
        usage.prompt_tokens_details.audio_tokens,
        without_cached(of_modality(usage.promptTokensDetails, 'AUDIO'), of_modality(usage.cacheTokensDetails, 'AUDIO'))
    ) as input_audio_tokens,
    coalesce(
        usage.prompt_tokens_details.image_tokens,
        without_cached(of_modality(usage.promptTokensDetails, 'IMAGE'), of_modality(usage.cacheTokensDetails, 'IMAGE'))
    ) as input_image_tokens,
    of_modality(usage.promptTokensDetails, 'VIDEO') as input_video_tokens,
    of_modality(usage.cacheTokensDetails, 'AUDIO') as cache_read_audio_tokens,
    of_modality(usage.cacheTokensDetails, 'IMAGE') as cache_read_image_tokens,
    coalesce(usage.completion_tokens_details.audio_tokens, of_modality(usage.candidatesTokensDetails, 'AUDIO'))
        as output_audio_tokens,
    coalesce(usage.completion_tokens_details.image_tokens, of_modality(usage.candidatesTokensDetails, 'IMAGE'))
        as output_image_tokens,
    of_modality(usage.candidatesTokensDetails, 'VIDEO') as output_video_tokens,
    coalesce(
        nullif(tier_of(usage.speed), 'standard'), usage.service_tier, nullif(usage.serviceTier, ''), usage.trafficType
    ) as service_tier,
    coalesce(region_of(usage.inference_geo), region_in(host || uri), region_in(host)) as region,
    case when parse_count(status) >= 400 then 'error' end as status,
    coalesce(
        usage.cost_in_usd_ticks / 1e10,
        logged_cost(usage.cost) + case
            when lower(usage.is_byok) = 'true' then coalesce(usage.cost_details.upstream_inference_cost, 0) else 0
        end
    ) as cost_logged_usd
from parted
