-- provider-usage: usage objects of any provider's responses, as a recorder of HTTP exchanges keeps them
--
-- source: a proxy, or tests' recorded exchanges: one line an exchange, with its host, address, and every usage object
--   of the answer in order
-- ingest: llmcost ingest recorded.jsonl
-- columns: {"host": "VARCHAR", "uri": "VARCHAR", "status": "VARCHAR", "mode": "VARCHAR", "model": "VARCHAR",
--   "ts": "VARCHAR", "usage_objects": ["JSON"]}
-- claims: usage_objects is not null and uri is not null
-- stateful: equal lines are numbered within their file
-- truth: a stream's usage objects complete each other, the last one to name a count is right; of several in one answer
--   the first with token counts is the whole, the others are its parts.
-- truth: prompt_tokens and promptTokenCount hold the cached tokens, and input_tokens does where input_tokens_details
--   stands beside it; Anthropic's input_tokens and Bedrock's inputTokens do not. Gemini's thoughts and tool prompts
--   stand outside its other counts. Cohere bills billed_units, which are fewer than its tokens. Embeddings have no
--   output.
-- truth: Anthropic's compaction of a long conversation is billed but stands under iterations alone: it is added.
-- truth: the lines have no ids: equal ones are calls of their own.

with merged as (
    select
        *,
        case
            when mode = 'sse' and len(usage_objects) > 0
            then list_reduce(usage_objects, lambda before, after: json_merge_patch(before, after))
            else list_filter(
                usage_objects, lambda it: regexp_matches(cast(it as varchar), '_tokens"|Tokens"|TokenCount"')
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
            "input_tokens_details": {"cached_tokens": "VARCHAR", "cache_write_tokens": "VARCHAR"},
            "output_tokens_details": {"reasoning_tokens": "VARCHAR", "thinking_tokens": "VARCHAR"},
            "iterations": [{"type": "VARCHAR", "input_tokens": "VARCHAR", "output_tokens": "VARCHAR",
                "cache_read_input_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR"}],
            "prompt_tokens": "VARCHAR", "completion_tokens": "VARCHAR", "total_tokens": "VARCHAR",
            "prompt_tokens_details": {"cached_tokens": "VARCHAR", "cache_write_tokens": "VARCHAR"},
            "prompt_token_details": {"cached_tokens": "VARCHAR"},
            "completion_tokens_details": {"reasoning_tokens": "VARCHAR"},
            "cached_tokens": "VARCHAR", "num_cached_tokens": "VARCHAR", "prompt_cache_hit_tokens": "VARCHAR",
            "promptTokenCount": "VARCHAR", "toolUsePromptTokenCount": "VARCHAR", "cachedContentTokenCount": "VARCHAR",
            "candidatesTokenCount": "VARCHAR", "thoughtsTokenCount": "VARCHAR",
            "inputTokens": "VARCHAR", "outputTokens": "VARCHAR",
            "cacheReadInputTokens": "VARCHAR", "cacheWriteInputTokens": "VARCHAR",
            "billed_units": {"input_tokens": "VARCHAR", "output_tokens": "VARCHAR"},
            "server_tool_use": {"web_search_requests": "VARCHAR"},
            "service_tier": "VARCHAR", "serviceTier": "VARCHAR", "cost": "DOUBLE"
        }')) as usage
    from merged
),

parted as (
    select
        *,
        list_filter(usage.iterations, lambda it: it.type = 'compaction') as compactions,
        coalesce(
            usage.prompt_tokens_details.cached_tokens, usage.input_tokens_details.cached_tokens,
            usage.prompt_token_details.cached_tokens, usage.cachedContentTokenCount, usage.num_cached_tokens,
            usage.prompt_cache_hit_tokens, case when usage.billed_units is null then usage.cached_tokens end
        ) as cached_inside,
        coalesce(usage.prompt_tokens_details.cache_write_tokens, usage.input_tokens_details.cache_write_tokens)
            as written_inside,
        coalesce(usage.promptTokenCount, usage.candidatesTokenCount, usage.thoughtsTokenCount) is not null as is_gemini,
        regexp_matches(uri, 'embed|rerank', 'i') as is_embedding
    from typed
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
        when is_gemini then uncached(
            tallied([usage.promptTokenCount, usage.toolUsePromptTokenCount]), cached_inside, null)
        else with_compactions(
            uncached(
                coalesce(
                    usage.prompt_tokens, usage.input_tokens, usage.inputTokens,
                    case when is_embedding then usage.total_tokens end
                ),
                cached_inside, written_inside
            ),
            compactions, list_transform(compactions, lambda it: it.input_tokens))
    end as input_tokens,
    with_compactions(
        coalesce(cached_inside, usage.cache_read_input_tokens, usage.cacheReadInputTokens),
        compactions, list_transform(compactions, lambda it: it.cache_read_input_tokens)
    ) as cache_read_tokens,
    with_compactions(
        coalesce(
            written_inside, usage.cacheWriteInputTokens, usage.cache_creation.ephemeral_5m_input_tokens,
            case
                when usage.cache_creation.ephemeral_1h_input_tokens is null then usage.cache_creation_input_tokens
            end
        ),
        compactions, list_transform(compactions, lambda it: it.cache_creation_input_tokens)
    ) as cache_write_5m_tokens,
    usage.cache_creation.ephemeral_1h_input_tokens as cache_write_1h_tokens,
    case
        when usage.billed_units is not null then usage.billed_units.output_tokens
        when is_gemini then tallied([usage.candidatesTokenCount, usage.thoughtsTokenCount, '0'])
        else with_compactions(
            coalesce(
                usage.completion_tokens, usage.output_tokens, usage.outputTokens, case when is_embedding then '0' end
            ),
            compactions, list_transform(compactions, lambda it: it.output_tokens))
    end as output_tokens,
    coalesce(
        usage.completion_tokens_details.reasoning_tokens, usage.output_tokens_details.reasoning_tokens,
        usage.output_tokens_details.thinking_tokens, usage.thoughtsTokenCount
    ) as reasoning_tokens,
    usage.server_tool_use.web_search_requests as web_searches,
    coalesce(usage.service_tier, usage.serviceTier) as service_tier,
    case when parse_count(status) >= 400 then 'error' end as status,
    usage.cost as cost_logged_usd
from parted
