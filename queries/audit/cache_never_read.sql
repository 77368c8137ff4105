-- cache-never-read: prompt cache writes that cost more than their reads saved
--
-- question: Where did the prompt cache cost more than it saved?
-- severity: warning
-- dollars: the cost of the writes above plain input, minus what reads saved: the loss compared with no cache
-- advice: look for a part that varies at the top of the prompt (a time, an id), or stop caching prompts that are sent
--   once
-- param least_writes int = 2: requests that write in a day; nothing can read a single one.
-- param examples int = 5: how many request ids to list.
-- assumes: each day is judged separately, by prompt (or feature) and model: a day with a gain does not hide a day with
--   a loss.

with ratios as (
    select
        provider, model,
        max(cache_read_usd_mtok / input_usd_mtok) as read_price,
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
        priced.cache_read_cost_usd * (1 / ratios.read_price - 1) as saved_usd
    from priced
    inner join ratios on ratios.provider is not distinct from priced.provider and ratios.model = priced.model
    where cached_tokens(priced) > 0
),

days as (
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
)

select
    subject,
    sum(requests)::bigint as requests,
    exact_sum(cost_usd) as cost_usd,
    format('{:,} tokens written, {:,} read', sum(cache_write_tokens)::bigint, sum(cache_read_tokens)::bigint)
    || case when count(*) = 1 then ', on ' else ', on ' || count(*) || ' days, most on ' end
    || coalesce(arg_max(day, cost_usd)::varchar, 'an unknown day') || ', by ' || model as detail,
    flatten(list(request_ids order by cost_usd desc, day))[1:$examples] as example_request_ids
from days
group by subject, model
order by cost_usd desc, subject, model
