-- long-prompt-never-cached: a long beginning sent repeatedly at full price
--
-- question: Which prompts begin with the same long text within minutes and never use the prompt cache?
-- severity: warning
-- dollars: the most a cache could save: repeats at the read price, minus the cost of the writes
-- advice: put the constant part first and mark it for caching (`simulate prompt-caching` shows the saving)
-- param least_tokens int = 1024: tokens in common that are worth a cache entry.
-- param life_s float = 300: seconds after its last use during which an entry can be read.
-- param least_requests int = 10: requests needed to show a habit.
-- param examples int = 5: how many request ids to list.
-- assumes: most providers cache nothing below 1,024 tokens, some models nothing below 4,096; Anthropic's default life
--   is five minutes (the providers' documentation of November 2026).
-- assumes: the common beginning is the system prompt's blocks, else the first block; without blocks, all requests of a
--   prompt_id share at most the 5th percentile of their lengths.

with ratios as (
    select
        provider, model,
        max(cache_read_usd_mtok / input_usd_mtok) as read_price,
        max(greatest(cache_write_5m_usd_mtok / input_usd_mtok, 1)) as write_price
    from prices
    where is_list_price(prices) and input_usd_mtok > 0
    group by provider, model
    having max(cache_read_usd_mtok / input_usd_mtok) < 1
),

sent as (
    select
        request_id, ts, provider, model, coalesce(prompt_id, feature, 'unattributed') as subject,
        coalesce(prefix[greatest(coalesce(system_blocks, 1), 1)].hash, prompt_id) as beginning,
        prefix[greatest(coalesce(system_blocks, 1), 1)].tokens as tokens,
        input_tokens,
        input_cost_usd / input_tokens as usd_per_token,
        cached_tokens(priced) as cached_tokens
    from priced
    where is_cacheable(priced) and input_cost_usd > 0
),

habits as (
    select
        provider, model, beginning,
        coalesce(max(tokens), quantile_cont(input_tokens, 0.05)) as tokens
    from sent
    where beginning is not null
    group by provider, model, beginning
    having
        max(cached_tokens) = 0
        and count(*) >= $least_requests
        and coalesce(max(tokens), quantile_cont(input_tokens, 0.05)) >= $least_tokens
),

spaced as (
    select
        sent.request_id, sent.subject, sent.model, sent.usd_per_token, ratios.read_price, ratios.write_price,
        least(habits.tokens, sent.input_tokens) as tokens,
        coalesce(
            epoch(sent.ts) - epoch(lag(sent.ts) over (
                partition by sent.provider, sent.model, sent.beginning order by sent.ts, sent.request_id
            )) <= $life_s,
            false
        ) as is_repeat
    from sent
    inner join habits
        on habits.provider is not distinct from sent.provider
        and habits.model = sent.model
        and habits.beginning = sent.beginning
    inner join ratios on ratios.provider is not distinct from sent.provider and ratios.model = sent.model
)

select
    subject,
    count(*) as requests,
    exact_sum(
        tokens * usd_per_token * case when is_repeat then 1 - read_price else 1 - coalesce(write_price, 1) end
    ) as cost_usd,
    format('{:,} tokens, ', median(tokens)::bigint)
    || round(100.0 * count(case when is_repeat then 1 end) / count(*))::bigint
    || '% of requests within ' || round($life_s)::bigint || ' s of the one before, on ' || model as detail,
    list(request_id order by tokens * usd_per_token desc, request_id)[1:$examples] as example_request_ids
from spaced
group by subject, model
having sum(tokens * usd_per_token * case when is_repeat then 1 - read_price else 1 - coalesce(write_price, 1) end) > 0
order by cost_usd desc, subject, model
