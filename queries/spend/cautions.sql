-- cautions: what a reader must know before trusting the total
--
-- question: Which requests does the total leave out or understate?

select
    model,
    sum(calls)::bigint as requests,
    coalesce(sum(calls) filter (where cost_usd is null), 0)::bigint as unpriced_requests,
    sum(cost_logged_usd) filter (where cost_usd is null) as unpriced_cost_logged_usd,
    coalesce(sum(calls) filter (where output_partial), 0)::bigint as partial_output_requests,
    coalesce(sum(calls) filter (where ts is null), 0)::bigint as requests_without_time,
    sum(cost_usd::decimal(38, 15))::double as cost_usd
from priced
group by model
order by cost_usd desc nulls last, model
