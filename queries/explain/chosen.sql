-- chosen: the values of each key whose spend changed most
--
-- question: Which contributors are split further?
-- param keys int = 1: number of keys.
-- param top int = 10: values of each key.

with largest as (
    select
        place,
        max_by(
            struct_pack(value := value),
            struct_pack(size := abs(change_usd), value := coalesce(value, '')),
            $top::bigint
        ) as found
    from moved
    group by place
),

placed as (
    select
        list_position([127, 191, 223, 239, 247, 251, 253, 254], place) - 1 as place,
        unnest(found).value as value,
        generate_subscripts(found, 1) as rank
    from largest
)

select
    *,
    row_number() over (order by place, rank) as game
from placed
where place < $keys
