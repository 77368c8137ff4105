-- token-caps: answers that a cap cuts in the replay, compared with those cut in the log
--
-- question: Does a cap cut the answers that the replay says it cuts?
-- assumes: only calls are compared whose cap and stop reason are logged.
-- assumes: dollars are the output cost of the answers that are cut.

with capped as (
    select
        model,
        output_cost_usd,
        output_tokens >= max_output_tokens as is_predicted,
        is_cut_off(stop_reason) as is_cut
    from logged
    where
        max_output_tokens is not null
        and stop_reason is not null
        and status = 'ok'
        and calls = 1
        and not output_partial
        and output_cost_usd is not null
)

select
    model,
    count(*)::bigint as requests,
    coalesce(exact_sum(case when is_predicted then output_cost_usd end), 0) as predicted_usd,
    coalesce(exact_sum(case when is_cut then output_cost_usd end), 0) as actual_usd,
    count(*) filter (where is_predicted)::bigint as predicted_answers,
    count(*) filter (where is_cut)::bigint as actual_answers
from capped
group by model
order by actual_usd desc, model
