-- cache-lives: recorded prompt caches of sessions live five minutes or an hour
--
-- question: What would the recorded prompt caches have cost, had their entries lived five minutes, or an hour?
-- param ttl choice(auto, 5m, 1h, recorded) = auto: life of an entry. auto: the cheapest of 5m, 1h and the recorded one,
--   for the main conversations and for the subagents of each prompt, feature or project. recorded changes nothing.
-- param kept float(0, 1) = 0.94: share, 0 to 1, of a history that an hour's cache still holds after a pause of five
--   minutes to an hour.
-- param slack_s float(0, inf) = 30: seconds that an entry outlives its life by the log's times, which are those of
--   answers and omit the small calls that clients also make.
-- param rewritten_below float(0, inf) = 0.95: a prompt shorter than this share of the previous one has a rewritten
--   history, which no cache holds.
-- neutral: ttl=recorded
-- reads: prompt_caching/life_costs
-- order: 45
-- needs: session_id is not null and is_cacheable(requests) and cached_tokens(requests) > 0: a time, a session and
--   recorded use of a prompt cache
-- needs: (coalesce(provider, ''), model) in (select (coalesce(provider, ''), model) from prices
--   where cache_write_1h_usd_mtok > cache_write_5m_usd_mtok): a model whose client chooses how long entries live
-- low: kept=0.9
-- high: kept=1
-- grid: ttl=auto
-- summary: lives
-- assumes: what the log recorded stays, but for what a life decides: after a pause of five minutes to an hour, the next
--   call of a conversation reads what the one before it held if entries live an hour, and writes it again if not.
-- assumes: an hour's cache still held 94% of the history after such a pause (103 pauses in 91 public Claude Code
--   sessions, 93 of them read at least 95%), one of five minutes 1% (64 pauses, none of them): 90 to 100%, and none.
-- assumes: a call that misses its history for another reason, in a shorter pause or with a shorter prompt, still does.
-- assumes: the choice of `auto` is made with the traffic in hindsight, for main conversations and subagents apart, as
--   clients can set them apart.

with choices as (
    select
        provider,
        prompt,
        is_subagent,
        sum(recorded_usd) as recorded_usd,
        sum(usd_5m) as usd_5m,
        sum(usd_1h) as usd_1h
    from life_costs
    group by provider, prompt, is_subagent
),

chosen as (
    select
        provider,
        prompt,
        is_subagent,
        case
            when $ttl <> 'auto' then $ttl
            when least(usd_5m, usd_1h) >= recorded_usd then 'recorded'
            when usd_1h < usd_5m then '1h'
            else '5m'
        end as ttl
    from choices
),

settled as (
    select
        request_id,
        chosen.ttl,
        case chosen.ttl when '1h' then regained_tokens when '5m' then -lost_tokens else 0 end as more_read_tokens
    from life_costs
    inner join chosen
        on chosen.provider is not distinct from life_costs.provider
        and chosen.prompt = life_costs.prompt
        and chosen.is_subagent = life_costs.is_subagent
    where chosen.ttl <> 'recorded'
)

select
    requests.* replace (
        requests.cache_read_tokens + coalesce(more_read_tokens, 0) as cache_read_tokens,
        case settled.ttl
            when '5m' then written_tokens(requests) - more_read_tokens
            when '1h' then 0
            else requests.cache_write_5m_tokens
        end as cache_write_5m_tokens,
        case settled.ttl
            when '1h' then written_tokens(requests) - more_read_tokens
            when '5m' then 0
            else requests.cache_write_1h_tokens
        end as cache_write_1h_tokens
    )
from requests
left join settled using (request_id)
