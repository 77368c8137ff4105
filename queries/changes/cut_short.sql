-- cut-short: answers that a what-if cuts short, by feature
--
-- question: How many more answers of each feature stop in the middle?

select
    before.feature,
    sum(before.calls)::bigint as requests,
    sum(before.calls * before.requests_answered) filter (where is_cut_short(before, after))::bigint
        as answers_cut_short
from before
inner join after using (request_id)
group by before.feature
having answers_cut_short > 0
order by answers_cut_short desc, before.feature
