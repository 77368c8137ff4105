-- output-not-recorded: answers whose final length was not logged
--
-- question: Which requests have an output count that is too low, and how much is missing?
-- severity: warning
-- dollars: what is missing if each answer was as long as the complete ones on average
-- advice: update the client that writes the log, or take these dollars from the provider's own report
-- param examples int = 5: how many request ids to list.
-- reads: spend/usual_output
-- assumes: the average is that of the complete answers on the same model, else on all; a missing token costs what an
--   output token costs on its model.

select
    partial.model as subject,
    sum(partial.calls)::bigint as requests,
    exact_sum(missing_output_usd(partial, usual_output)) as cost_usd,
    format('{:,} tokens recorded', sum(partial.output_tokens)::bigint) as detail,
    list(partial.request_id order by partial.cost_usd desc nulls last, partial.request_id)[1:$examples]
        as example_request_ids
from priced as partial
left join usual_output on usual_output.model = partial.model
where partial.output_partial
group by partial.model
order by cost_usd desc nulls last, subject
