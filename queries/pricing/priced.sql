-- priced: requests with what they cost
--
-- question: What does each request cost at the price of its model, day, hour, tier and context length?
-- assumes: prices are the list prices of the package genai-prices, unless llmcost.toml overrides them; price_source says
--   which one a request got.
-- assumes: a context tier goes by all prompt tokens of a call, cached ones included, starts strictly above its threshold
--   and applies to the whole call; a row that stands for several calls goes by their mean.
-- assumes: tokens of images, sounds and videos cost what tokens of text cost, since logs do not tell them apart.
-- assumes: a request without a time is priced at the newest price; one without a price has a null cost, never 0.
-- assumes: where a what-if says on which day's prices it pays, they stand in for those of the request's own day.
-- assumes: a cost set by a what-if that pays by another measure than tokens stands; its parts are null then.

with sized as (
    select
        *,
        case when cost_override_usd is null then service_tier end as priced_tier,
        coalesce(priced_on::timestamp, ts, timestamp '9999-01-01') as priced_at,
        coalesce(hour(ts) * 60 + minute(ts), 0) as priced_minute,
        (input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens) // calls as prompt_tokens,
        least(coalesce(reasoning_tokens, 0), output_tokens) as priced_reasoning_tokens
    from requests
),

itemised as (
    select
        sized.* exclude (priced_tier, priced_at, priced_minute, prompt_tokens, priced_reasoning_tokens),
        sized.input_tokens * prices.input_usd_mtok / 1e6 as input_cost_usd,
        sized.cache_read_tokens * prices.cache_read_usd_mtok / 1e6 as cache_read_cost_usd,
        (
            sized.cache_write_5m_tokens * prices.cache_write_5m_usd_mtok
            + sized.cache_write_1h_tokens * prices.cache_write_1h_usd_mtok
        ) / 1e6 as cache_write_cost_usd,
        (
            (sized.output_tokens - sized.priced_reasoning_tokens) * prices.output_usd_mtok
            + sized.priced_reasoning_tokens * prices.reasoning_usd_mtok
        ) / 1e6 as output_cost_usd,
        sized.web_searches * prices.web_search_usd + sized.calls * prices.request_usd as other_cost_usd,
        prices.source as price_source
    from sized
    left join prices
        on prices.provider is not distinct from sized.provider
        and prices.model = sized.model
        and prices.service_tier = sized.priced_tier
        and prices.valid_from <= sized.priced_at
        and (prices.valid_to is null or prices.valid_to > sized.priced_at)
        and prices.minute_from <= sized.priced_minute
        and prices.minute_to > sized.priced_minute
        and prices.prompt_min <= sized.prompt_tokens
        and (prices.prompt_max is null or prices.prompt_max >= sized.prompt_tokens)
)

select
    *,
    coalesce(
        cost_override_usd,
        input_cost_usd + cache_read_cost_usd + cache_write_cost_usd + output_cost_usd + other_cost_usd
    ) as cost_usd
from itemised
