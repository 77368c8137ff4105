-- frontier: the best quality for each dollar
--
-- question: Between the cheapest model for every prompt and the best choice, how good can answers be at each cost?
-- param points int = 200: largest number of points; the first and the last are always included.
-- assumes: starting from the cheapest model for each prompt, prompts move to the cheapest of the models that do best on
--   them, in order of cost per gain; if answers are either right or wrong, no other order does better.

with complete as (
    select request_id
    from outcomes
    group by request_id
    having count(distinct model) = (select count(distinct model) from outcomes)
),

ordered as (
    select
        request_id, correct, cost_usd,
        row_number() over (partition by request_id order by cost_usd, correct desc, model) as by_cost,
        row_number() over (partition by request_id order by correct desc, cost_usd, model) as by_quality
    from outcomes
    inner join complete using (request_id)
),

steps as (
    select cheapest.request_id, best.correct - cheapest.correct as gained, best.cost_usd - cheapest.cost_usd as paid
    from ordered as cheapest
    inner join ordered as best on best.request_id = cheapest.request_id and best.by_quality = 1
    where cheapest.by_cost = 1
),

start as (select count(*) as requests, sum(cost_usd) as cost_usd, sum(correct) as correct from ordered where by_cost = 1),

climbed as (
    select
        row_number() over (order by paid / gained, request_id) as moved,
        count(*) over () as all_moved,
        start.cost_usd + sum(paid) over (order by paid / gained, request_id rows unbounded preceding) as cost_usd,
        (start.correct + sum(gained) over (order by paid / gained, request_id rows unbounded preceding)) / start.requests
            as quality
    from steps
    cross join start
    where gained > 0
)

select 0 as moved, cost_usd, correct / requests as quality
from start
where requests > 0

union all

select moved, cost_usd, quality
from climbed
where moved = all_moved or moved % greatest(1, all_moved // $points) = 0
