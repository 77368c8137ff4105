-- The remembered values of each label: the $candidates most expensive ones so far, and those that are already shown.
-- The $top most expensive are shown, up to twice as many in total.
--
-- Ranks come from the smallest rows of (less cost, fewer requests, value): sorting a million values would take a minute.

with best as (
    select
        label,
        unnest(places) as place,
        unnest(values_in_order) as value
    from (
        select
            label,
            list_transform(first_rows, lambda it: it[3]) as values_in_order,
            range(1, len(first_rows) + 1) as places
        from (
            select label, min(row(-cost_usd, -requests, value), $candidates) as first_rows
            from label_values
            group by label
        ) as ordered
    ) as listed
),

placed as (
    select label_values.label, label_values.value, best.place, label_values.is_shown
    from label_values
    left join best on best.label = label_values.label and best.value = label_values.value
    where best.place is not null or label_values.is_shown
)

select
    label, value, place,
    is_shown or (
        place <= $top
        and count(*) filter (where is_shown) over (partition by label)
            + row_number() over (partition by label, is_shown order by place) <= 2 * $top
    ) as is_shown
from placed
