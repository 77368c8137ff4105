-- moved: how much the spend of each value of each key changed
--
-- question: Whose spend changed?
-- param earlier_weight float = 1: what a dollar of the earlier period counts: 1, or one by its days.
-- param later_weight float = 1: the same for the later period.
-- assumes: place tells the keys apart, as the grouping that it is: all bits of eight but that of the key.

select
    grouping(key_0, key_1, key_2, key_3, key_4, key_5, key_6, key_7) as place,
    coalesce(key_0, key_1, key_2, key_3, key_4, key_5, key_6, key_7) as value,
    coalesce(sum(
        case when in_later then $later_weight * cost_usd else -$earlier_weight * cost_usd end::decimal(38, 15)
    ), 0)::double as change_usd
from priced
group by grouping sets ((key_0), (key_1), (key_2), (key_3), (key_4), (key_5), (key_6), (key_7))
