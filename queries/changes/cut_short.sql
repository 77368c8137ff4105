-- cut-short: answers that a what-if cuts short, by feature
--
-- question: How many more answers of each feature stop in the middle?
-- param most int(1, inf) = 10000: rows, the features with most of them; the others are one row, with their number in
--   others.

with counted as (
    select
        before.feature,
        sum(before.calls)::bigint as requests,
        sum(before.calls * before.requests_answered) filter (where is_cut_short(before, after))::bigint
            as answers_cut_short
    from before
    inner join after using (request_id)
    group by before.feature
    having answers_cut_short > 0
),

placed as (
    select *, row_number() over (order by answers_cut_short desc, feature) <= $most as is_listed from counted
)

select
    case when is_listed then feature end as feature,
    sum(requests)::bigint as requests,
    sum(answers_cut_short)::bigint as answers_cut_short,
    case when not is_listed then count(*) end as others
from placed
group by is_listed, case when is_listed then feature end
order by others is not null, answers_cut_short desc, feature
