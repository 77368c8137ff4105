-- movers: the values of each key whose spend changed most, for each pair of periods
--
-- question: Which contributors of each pair are split further?
-- param keys int = 1: number of keys.
-- param top int = 5: values of each key.

with sides as (
    select pairs.pair, spent.place, spent.value, -spent.cost_usd as change_usd
    from pairs
    inner join spent on spent.period = pairs.earlier_period
    union all
    select pairs.pair, spent.place, spent.value, spent.cost_usd as change_usd
    from pairs
    inner join spent on spent.period = pairs.later_period
),

changed as (
    select pair, place, value, sum(change_usd) as change_usd
    from sides
    where place < $keys
    group by pair, place, value
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
    dense_rank() over (order by place, value) as value_number
from ranked
where rank <= $top
order by pair, place, rank
