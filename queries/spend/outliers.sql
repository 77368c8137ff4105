-- outliers: single requests that cost far more than comparable ones
--
-- question: Which single requests cost far more than comparable ones, by their tokens or by the log?
-- param times float = 20: how many times the 99th percentile of its model a request must cost.
-- param share float = 0.01: least share of all spend that a request must have, logged and computed spend taken
--   separately.
-- param top int = 20: how many to list.
-- assumes: with fewer than 100 requests the most expensive one is the 99th percentile itself, so a logged cost is also
--   compared with the request's computed cost.

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
        when large.cost_logged_usd > $times * large.cost_usd then 'the logged cost is far above the cost of its tokens'
        when large.cost_logged_usd > $times * usual.cost_logged_usd_p99 then 'the logged cost is far above comparable requests'
        else 'far more expensive than comparable requests'
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
