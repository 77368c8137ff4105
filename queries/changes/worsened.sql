-- worsened: moved requests whose new answer is worse or unknown
--
-- question: For how many moved requests does the outcomes file not show that the new model does as well as the old one?

select
    coalesce(sum(before.calls) filter (where coalesce(now_told.correct < then_told.correct, true)), 0)::bigint
        as answers_not_known_to_be_as_good
from before
inner join after using (request_id)
left join outcomes as then_told on then_told.request_id = before.request_id and then_told.model = before.model
left join outcomes as now_told on now_told.request_id = before.request_id and now_told.model = after.model
where after.model is distinct from before.model
