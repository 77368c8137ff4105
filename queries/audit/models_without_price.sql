-- models-without-price: requests that are missing from all totals
--
-- question: Which models have no known price, and what does the log say they cost?
-- severity: critical
-- dollars: the cost according to the log; unknown where the log gives none
-- advice: give the model a price or another name in llmcost.toml (`llmcost prices` lists the closest names with a
--   price)
-- param examples int = 5: how many request ids to list.
-- assumes: a request without tokens, searches and a logged cost is free at any price: a model that has no other is not
--   named.

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
where cost_usd is null
group by model
having bool_or(is_billable(priced))
order by requests desc, subject
