-- The values of each label by what they have cost so far, and which of them are to be shown: those among the $top
-- dearest, as long as no more than twice as many are.

select
    label, value, place,
    is_shown or (
        place <= $top
        and shown_before + row_number() over (partition by label, is_shown order by place) <= 2 * $top
    ) as is_shown
from (
    select
        label, value, is_shown,
        row_number() over (partition by label order by cost_usd desc, requests desc, value) as place,
        count(*) filter (where is_shown) over (partition by label) as shown_before
    from label_values
) as placed
