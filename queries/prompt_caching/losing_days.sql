-- The days on which the prompt cache of a prompt (or feature) and model cost more than it saved, compared with no cache.

with ratios as (
    select
        provider, model,
        max(cache_read_usd_mtok / input_usd_mtok) as read_price,
        max(cache_read_marked_usd_mtok / input_usd_mtok) as marked_read_price,
        max(cache_write_5m_usd_mtok / input_usd_mtok) as write_5m_price,
        max(cache_write_1h_usd_mtok / input_usd_mtok) as write_1h_price
    from prices
    where is_list_price(prices) and input_usd_mtok > 0 and cache_read_usd_mtok > 0
    group by provider, model
),

used as (
    select
        priced.request_id, priced.calls, priced.model,
        coalesce(priced.prompt_id, priced.feature, priced.project, 'unattributed') as subject,
        local_time(priced.ts)::date as day,
        priced.cache_read_tokens,
        priced.cache_write_tokens,
        -- as plain input the tokens would cost their write cost × tokens / (tokens weighted by the write prices)
        coalesce(priced.cache_write_cost_usd * (1 - priced.cache_write_tokens / nullif(
            priced.cache_write_5m_tokens * ratios.write_5m_price
            + priced.cache_write_1h_tokens * ratios.write_1h_price,
            0
        )), 0) as lost_usd,
        priced.cache_read_cost_usd * (
            1 / nullif(case when marks_cache(priced) then ratios.marked_read_price else ratios.read_price end, 0) - 1
        ) as saved_usd
    from priced
    inner join ratios on ratios.provider is not distinct from priced.provider and ratios.model = priced.model
    where cached_tokens(priced) > 0
)

select
    subject, model, day,
    sum(case when cache_write_tokens > 0 then calls end) as requests,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(cache_write_tokens) as cache_write_tokens,
    sum(exact(lost_usd - saved_usd)) as cost_usd,
    list(request_id order by lost_usd desc, request_id) filter (where cache_write_tokens > 0) as request_ids
from used
group by subject, model, day
having sum(case when cache_write_tokens > 0 then calls end) >= $least_writes and sum(lost_usd) > sum(saved_usd)
