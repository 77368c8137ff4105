-- logged-costs: costs by the price table, compared with logged costs
--
-- question: How close is the cost computed from tokens to the logged one?
-- assumes: only calls that have both are compared; a logged cost of 0 is ignored.

select
    model,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as predicted_usd,
    exact_sum(cost_logged_usd) as actual_usd
from logged
where cost_logged_usd > 0 and cost_usd is not null
group by model
order by actual_usd desc, model
