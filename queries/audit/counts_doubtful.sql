-- counts-doubtful: calls whose stated total is not the sum of their counts
--
-- question: For which requests does the log's own total contradict its counts, and what are they worth?
-- severity: warning
-- dollars: what these requests cost under the more likely reading of their counts
-- advice: compare them with the provider's own report; a client's update may have changed what its counts hold
-- param examples int = 5: how many request ids to name.
-- assumes: where no reading of the counts adds up to the total, they are read as such logs mostly have them, see
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
