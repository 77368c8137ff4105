-- output-not-recorded: answers whose final length was not logged
--
-- question: Which requests have an output count that is too low, and how much is missing?
-- severity: warning
-- dollars: what is missing if each answer was as long as the median of the complete ones
-- advice: update the client that writes the log, or take these dollars from the provider's own report
-- param examples int = 5: how many request ids to list.
-- assumes: the median is that of the complete answers on the same model, else on all; a missing token costs what an
--   output token costs on its model.

with complete as (
    select
        median(case when not output_partial and status = 'ok' and output_tokens > 0 then output_tokens end) as tokens
    from priced
),

usual as (
    select
        model,
        median(case when not output_partial and status = 'ok' and output_tokens > 0 then output_tokens end) as tokens,
        median(case when output_tokens > 0 then output_cost_usd / output_tokens end) as usd_per_token
    from priced
    where model in (select model from priced where output_partial)
    group by model
)

select
    partial.model as subject,
    sum(partial.calls)::bigint as requests,
    exact_sum(
        greatest(coalesce(usual.tokens, complete.tokens) * partial.calls - partial.output_tokens, 0)
        * usual.usd_per_token
    ) as cost_usd,
    format('{:,} tokens recorded', sum(partial.output_tokens)::bigint) as detail,
    list(partial.request_id order by partial.cost_usd desc nulls last, partial.request_id)[1:$examples]
        as example_request_ids
from priced as partial
left join usual on usual.model = partial.model
cross join complete
where partial.output_partial
group by partial.model
order by cost_usd desc nulls last, subject
