-- logged-costs: what the price table says a call cost, beside what the log says
--
-- question: How near is the cost computed from tokens to the one that the log holds?
-- assumes: only calls are compared that have both; a log that says 0 says nothing.

select
    model,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as predicted_usd,
    exact_sum(cost_logged_usd) as actual_usd
from logged
where cost_logged_usd > 0 and cost_usd is not null
group by model
order by actual_usd desc, model
