-- outliers: single requests out of all proportion
--
-- question: Which single requests cost, or claim to have cost, far more than their like?
-- param times float = 20: how many times the 99th percentile of its model a request must cost.
-- param share float = 0.01: the least share of all spend, logged and computed apart, that one request must make.
-- param top int = 20: how many to name.
-- assumes: with fewer than 100 requests the model's dearest request is its own 99th percentile, so that a logged cost
--   is also held against the request's computed price.

with whole as (
    select exact_sum(cost_usd) as cost_usd, exact_sum(cost_logged_usd) as cost_logged_usd from priced
),

large as (
    select priced.*
    from priced
    cross join whole
    where priced.cost_usd > $share * whole.cost_usd or priced.cost_logged_usd > $share * whole.cost_logged_usd
),

usual as (
    select
        model,
        quantile_cont(cost_usd, 0.99) as cost_usd_p99,
        quantile_cont(cost_logged_usd, 0.99) as cost_logged_usd_p99
    from priced
    where model in (select model from large)
    group by model
)

select
    large.request_id,
    large.ts,
    large.model,
    large.feature,
    large.prompt_tokens,
    large.output_tokens,
    large.cost_usd,
    large.cost_logged_usd,
    case
        when large.cost_logged_usd > $times * large.cost_usd then 'the log claims far more than its tokens cost'
        when large.cost_logged_usd > $times * usual.cost_logged_usd_p99 then 'the log claims far more than for its like'
        else 'far dearer than its like'
    end as why
from large
join usual on usual.model is not distinct from large.model
cross join whole
where
    (large.cost_usd > $times * usual.cost_usd_p99 and large.cost_usd > $share * whole.cost_usd)
    or (
        large.cost_logged_usd > $share * whole.cost_logged_usd
        and (
            large.cost_logged_usd > $times * large.cost_usd
            or large.cost_logged_usd > $times * usual.cost_logged_usd_p99
        )
    )
order by greatest(large.cost_usd, large.cost_logged_usd) desc, large.request_id
limit $top
