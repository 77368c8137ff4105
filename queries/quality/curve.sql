-- curve: a router by complexity, at every threshold
--
-- question: If complex prompts go to the strong model and the rest to the cheap one, how do cost and quality change
--   with the share that is strong?
-- param cheap text = none: the cheap model.
-- param strong text = none: the strong model.
-- assumes: equally complex prompts may go either way: points between two thresholds are the expected result of choosing
--   among them at random. A prompt of unknown complexity counts as the most complex.

with complete as (
    select request_id
    from outcomes
    group by request_id
    having count(distinct model) = (select count(distinct model) from outcomes)
),

known as (
    select
        outcomes.request_id,
        max(cost_usd) filter (where model = $cheap) as cheap_usd,
        max(correct) filter (where model = $cheap) as cheap_correct,
        max(cost_usd) filter (where model = $strong) as strong_usd,
        max(correct) filter (where model = $strong) as strong_correct
    from outcomes
    inner join complete using (request_id)
    group by outcomes.request_id
),

tied as (
    select
        coalesce(judged.complexity, asked.complexity, 1) as complexity,
        count(*) as requests,
        sum(strong_usd - cheap_usd) as paid,
        sum(strong_correct - cheap_correct) as gained
    from known
    inner join asked on asked.request_id = known.request_id
    left join judged_complexity as judged on judged.request_id = known.request_id
    group by 1
),

start as (select count(*) as requests, sum(cheap_usd) as cost_usd, sum(cheap_correct) as correct from known)

select 0.0::double as strong_share, null as threshold, cost_usd, correct / requests as quality
from start
where requests > 0

union all

select
    sum(tied.requests) over (order by complexity desc) / start.requests,
    complexity,
    start.cost_usd + sum(paid) over (order by complexity desc),
    (start.correct + sum(gained) over (order by complexity desc)) / start.requests
from tied
cross join start
