-- movers: the values of each key whose spend changed most, for each pair of periods
--
-- question: Which contributors of each pair are split further?
-- param top int = 5: values of each key.
-- assumes: each of them is among `candidates`, which were found by sums that are rounded.

with changed as (
    select
        candidates.pair,
        candidates.place,
        candidates.value,
        sum(case when sides.in_later then spent.cost_usd else -spent.cost_usd end)::double as change_usd
    from candidates
    inner join spent on spent.place = candidates.place and spent.value is not distinct from candidates.value
    inner join sides on sides.pair = candidates.pair and sides.slice = spent.slice
    group by candidates.pair, candidates.place, candidates.value
),

ranked as (
    select
        *,
        row_number() over (partition by pair, place order by abs(change_usd) desc, coalesce(value, '') desc) as rank
    from changed
    where change_usd <> 0
)

select
    pair,
    place,
    value,
    rank,
    dense_rank() over (order by place, value) as game
from ranked
where rank <= $top
order by pair, place, rank
