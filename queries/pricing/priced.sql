-- priced: requests with what they cost
--
-- question: What does each request cost at the price of its model, day, hour, tier and context length?
-- assumes: prices are list prices of the price table (genai-prices) unless llmcost.toml overrides them.
-- assumes: a context tier applies to the whole request and starts strictly above its threshold.
-- assumes: a request without a time is priced at the newest price; a request without a price has a null cost.

with sized as (
    select
        *,
        -- a daily aggregate says nothing of how long its calls were
        case when calls > 1 then 0
            else input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
        end as prompt_tokens,
        least(coalesce(reasoning_tokens, 0), output_tokens) as priced_reasoning_tokens
    from requests
),

itemised as (
    select
        sized.* exclude (prompt_tokens, priced_reasoning_tokens),
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
        on prices.provider = sized.provider
        and prices.model = sized.model
        and prices.service_tier = sized.service_tier
        and coalesce(sized.ts, timestamp '9999-01-01') >= prices.valid_from
        and (prices.valid_to is null or sized.ts < prices.valid_to)
        and coalesce(hour(sized.ts) * 60 + minute(sized.ts), 0) >= prices.minute_from
        and coalesce(hour(sized.ts) * 60 + minute(sized.ts), 0) < prices.minute_to
        and sized.prompt_tokens >= prices.prompt_min
        and (prices.prompt_max is null or sized.prompt_tokens <= prices.prompt_max)
)

select
    *,
    coalesce(
        cost_override_usd,
        input_cost_usd + cache_read_cost_usd + cache_write_cost_usd + output_cost_usd + other_cost_usd
    ) as cost_usd
from itemised
