-- spent: what each value of each key spent in each of several periods
--
-- question: Whose spend may have changed between any two of the periods?
-- assumes: place identifies the key by its grouping: all bits of eight except that of the key.

with by_day as (
    select
        local_time(ts)::date as day,
        grouping(key_0, key_1, key_2, key_3, key_4, key_5, key_6, key_7) as place,
        coalesce(key_0, key_1, key_2, key_3, key_4, key_5, key_6, key_7) as value,
        sum(exact(cost_usd)) as cost_usd
    from priced
    where ts is not null and cost_usd is not null
    group by grouping sets (
        (local_time(ts)::date, key_0), (local_time(ts)::date, key_1), (local_time(ts)::date, key_2),
        (local_time(ts)::date, key_3), (local_time(ts)::date, key_4), (local_time(ts)::date, key_5),
        (local_time(ts)::date, key_6), (local_time(ts)::date, key_7)
    )
)

select
    periods.place as period,
    list_position([127, 191, 223, 239, 247, 251, 253, 254], by_day.place) - 1 as place,
    by_day.value,
    sum(by_day.cost_usd)::double as cost_usd
from periods
inner join by_day on by_day.day >= periods.since and by_day.day < periods.until
group by all
