-- spent: what each value of each key spent in each slice
--
-- question: Whose spend may have changed between any two periods?
-- assumes: the grouping identifies the key: all bits of eight except that of the key.

select
    list_position(
        [127, 191, 223, 239, 247, 251, 253, 254], grouping(key_0, key_1, key_2, key_3, key_4, key_5, key_6, key_7)
    ) - 1 as place,
    coalesce(key_0, key_1, key_2, key_3, key_4, key_5, key_6, key_7) as value,
    day_number as slice,
    sum(exact(cost_usd)) as cost_usd
from priced
where cost_usd is not null
group by grouping sets (
    (day_number, key_0), (day_number, key_1), (day_number, key_2), (day_number, key_3),
    (day_number, key_4), (day_number, key_5), (day_number, key_6), (day_number, key_7)
)
