-- chosen: the values of each key whose spend changed most
--
-- question: Which contributors are split further?
-- param keys int = 1: number of keys.
-- param top int = 10: values of each key.

with ranked as (
    select
        list_position([127, 191, 223, 239, 247, 251, 253, 254], place) - 1 as place,
        value,
        row_number() over (partition by place order by abs(change_usd) desc, coalesce(value, '') desc) as rank
    from moved
)

select
    *,
    row_number() over (order by place, rank) as game
from ranked
where rank <= $top and place < $keys
