-- latencies: how long requests take and what they cost
--
-- question: Which features are slow or expensive, on which model?
-- param top int = 60: how many pairs of feature and model to list, most expensive first.
-- assumes: rows that represent several calls and requests without a logged latency are excluded.

select
    by_feature as feature,
    by_model as model,
    count(*) as requests,
    exact_sum(cost_usd) as cost_usd,
    exact_sum(cost_usd) / nullif(count(cost_usd), 0) as cost_per_request_usd,
    quantile_cont(latency_ms, 0.5) as latency_ms_p50,
    quantile_cont(latency_ms, 0.95) as latency_ms_p95
from priced
where latency_ms > 0 and calls = 1 and status = 'ok'
group by by_feature, by_model
order by cost_usd desc nulls last, feature, model
limit $top
