-- moved: the change in spend of each value of each key
--
-- question: Whose spend changed?
-- param earlier_weight float = 1: what a dollar of the earlier period counts: 1, or one by its days.
-- param later_weight float = 1: the same for the later period.
-- assumes: place identifies the key by its grouping: all bits of eight except that of the key.

select
    grouping(key_0, key_1, key_2, key_3, key_4, key_5, key_6, key_7) as place,
    coalesce(key_0, key_1, key_2, key_3, key_4, key_5, key_6, key_7) as value,
    coalesce(exact_sum(
        case when in_later then $later_weight * cost_usd else -$earlier_weight * cost_usd end
    ), 0) as change_usd
from priced
group by grouping sets ((key_0), (key_1), (key_2), (key_3), (key_4), (key_5), (key_6), (key_7))
