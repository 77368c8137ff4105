-- cache-lives-cost-more: prompt cache entries that would have cost less with the other life
--
-- question: Where do recorded cache entries live five minutes, or an hour, although the other life would cost less?
-- severity: warning
-- dollars: what the recorded lives cost above the cheaper one, at today's list prices
-- advice: set the other life where the client lets you (`simulate --what-if cache-lives` replays it with a range)
-- reads: prompt_caching/losing_days, prompt_caching/requests, prompt_caching/life_costs
-- param share float = 0.01: least share of what a prompt's cache costs, 0 to 1, that the other life must save.
-- param least_usd float = 0.01: least that it must save, in US dollars.
-- param least_writes int = 2: requests that write in a day on which a cache may cost more than it saves.
-- param kept float = 0.94: share of a history that an hour's cache still holds after a pause of five minutes to an hour.
-- param slack_s float = 30: seconds that an entry outlives its life by the log's times.
-- param rewritten_below float = 0.95: a prompt shorter than this share of the previous one has a rewritten history.
-- param examples int = 5: how many request ids to list.
-- assumes: what the what-if cache-lives does, for main conversations and subagents apart, in hindsight.
-- assumes: a cent, and one in a hundred of the cache's cost, are worth a look: below that the choice of a life is even.
-- assumes: days on which a prompt's cache costs more than none are left to cache-never-read: no dollar is in both.

with used as (
    select
        life_costs.*,
        priced.model,
        life_costs.recorded_usd - life_costs.usd_5m as saved_5m_usd,
        life_costs.recorded_usd - life_costs.usd_1h as saved_1h_usd
    from life_costs
    inner join priced using (request_id)
    left join losing_days
        on losing_days.subject = coalesce(priced.prompt_id, priced.feature, priced.project, 'unattributed')
        and losing_days.model = priced.model
        and losing_days.day is not distinct from local_time(priced.ts)::date
    where losing_days.subject is null
),

compared as (
    select
        provider,
        prompt,
        is_subagent,
        count(*) filter (where regained_tokens > 0) as regained,
        count(*) filter (where lost_tokens > 0) as lost,
        count(*) filter (where saved_5m_usd <> 0) as other_with_5m,
        count(*) filter (where saved_1h_usd <> 0) as other_with_1h,
        exact_sum(recorded_usd) as recorded_usd,
        exact_sum(saved_5m_usd) as saved_5m_usd,
        exact_sum(saved_1h_usd) as saved_1h_usd,
        list(request_id order by saved_5m_usd desc, request_id) filter (where saved_5m_usd > 0)[1:$examples]
            as dearest_1h,
        list(request_id order by saved_1h_usd desc, request_id) filter (where saved_1h_usd > 0)[1:$examples]
            as dearest_5m
    from used
    group by provider, prompt, is_subagent
)

select
    prompt || case when is_subagent then ' (subagents)' else '' end as subject,
    (case when saved_1h_usd > saved_5m_usd then other_with_1h else other_with_5m end)::bigint as requests,
    greatest(saved_5m_usd, saved_1h_usd) as cost_usd,
    case
        when saved_1h_usd > saved_5m_usd
        then '1h instead of 5m; histories read after a pause instead of written again: ' || regained
        else '5m instead of 1h, cheaper to write; histories written again after a pause: ' || lost
    end as detail,
    case when saved_1h_usd > saved_5m_usd then dearest_5m else dearest_1h end as example_request_ids
from compared
where greatest(saved_5m_usd, saved_1h_usd) >= greatest($least_usd, $share * recorded_usd)
order by cost_usd desc, subject
