-- models-without-price: requests that stand in no sum
--
-- question: Which models does no price list know, and what does the log itself say that they cost?
-- severity: critical
-- dollars: what the log itself says they cost; unknown where it says nothing
-- advice: give the model a price or another name in llmcost.toml (llmcost prices names the nearest that have one)
-- param examples int = 5: how many request ids to name.
-- assumes: a request without any tokens, searches or logged cost costs nothing at any price.

select
    model as subject,
    sum(calls)::bigint as requests,
    exact_sum(cost_logged_usd) as cost_usd,
    format(
        '{:,} tokens in, {:,} out',
        sum(prompt_tokens)::bigint,
        sum(output_tokens)::bigint
    ) as detail,
    list(request_id order by cost_logged_usd desc nulls last, request_id)[1:$examples] as example_request_ids
from priced
where cost_usd is null and is_billable(priced)
group by model
order by requests desc, subject
