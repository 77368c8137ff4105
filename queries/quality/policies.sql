-- policies: the cost and quality of each way to choose a model
--
-- question: What would a single model, the best choice for each prompt, and the replayed routing cost, and how often
--   would each be right?
-- assumes: reads `outcomes`, the result and cost of each model on each request, and `chosen`, the requests after a
--   step; only requests with an outcome for every model count, so that all ways are judged on the same ones.
-- assumes: the best choice is the cheapest of the models that did best; no router can do better for less.

with complete as (
    select request_id
    from outcomes
    group by request_id
    having count(distinct model) = (select count(distinct model) from outcomes)
),

known as (
    select outcomes.*, row_number() over (partition by request_id order by correct desc, cost_usd, model) as place
    from outcomes
    inner join complete using (request_id)
),

routed as (
    -- the first try is paid for, but the second one answers
    select
        chosen.added_to is null as answers,
        known.correct,
        known.cost_usd
    from chosen
    inner join complete on complete.request_id = coalesce(chosen.added_to, chosen.request_id)
    left join known
        on known.request_id = complete.request_id
        and known.model = chosen.model
)

select 'always' as policy, model, count(*) as requests, sum(cost_usd) as cost_usd, avg(correct) as quality
from known
group by model

union all

select 'oracle', null, count(*), sum(cost_usd), avg(correct)
from known
where place = 1

union all

select
    'routed', null, count(*) filter (where answers),
    case when count(cost_usd) = count(*) then sum(cost_usd) end,
    case when count(correct) = count(*) then avg(correct) filter (where answers) end
from routed
