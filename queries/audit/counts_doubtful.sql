-- counts-doubtful: calls whose total differs from the sum of their counts
--
-- question: In which requests does the total contradict the counts, and what do they cost?
-- severity: warning
-- dollars: the cost of these requests under the more likely reading of their counts
-- advice: compare them with the provider's own report; an update of the client may have changed what its counts include
-- param examples int = 5: how many request ids to list.
-- assumes: where no reading of the counts adds up to the total, the usual reading of the format is used, see
--   docs/log_formats.md.

select
    source_format || ' ' || coalesce(model, model_logged) as subject,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as cost_usd,
    format(
        '{:,} tokens in, {:,} out as counted',
        sum(prompt_tokens)::bigint,
        sum(output_tokens)::bigint
    ) as detail,
    list(request_id order by cost_usd desc nulls last, request_id)[1:$examples] as example_request_ids
from priced
where counts_doubtful
group by source_format, coalesce(model, model_logged)
order by cost_usd desc nulls last, subject
