-- output-missing: what answers cost whose final length was not logged
--
-- question: How much spend is missing, since the log has only a part of some answers?
-- reads: spend/usual_output
-- assumes: each of these answers was as long as the complete ones on average; shorter ones than were recorded are as
--   recorded.

select
    sum(partial.calls)::bigint as requests,
    exact_sum(missing_output_usd(partial, usual_output)) as cost_usd
from priced as partial
left join usual_output on usual_output.model = partial.model
where partial.output_partial
