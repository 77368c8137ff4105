-- prompt-trends: the cost of each prompt over time, and its most expensive request
--
-- question: Is the cost of a prompt rising, and which request is a good example?
-- param parts int = 12: number of equal parts of the covered time.

with bounds as (
    select min(ts) as first_ts, max(ts) as last_ts
    from priced
),

placed as (
    select
        by_prompt as prompt_id,
        least(
            $parts - 1,
            floor($parts * date_diff('second', first_ts, ts) / greatest(1, date_diff('second', first_ts, last_ts)))
        )::integer as part,
        exact_sum(cost_usd) as cost_usd,
        max(cost_usd) as most_usd,
        max_by(request_id, struct_pack(cost := coalesce(cost_usd, 0), id := request_id)) as example_request_id
    from priced
    cross join bounds
    where by_prompt is not null
    group by by_prompt, part
)

select prompt_id, part, coalesce(cost_usd, 0) as cost_usd, coalesce(most_usd, 0) as most_usd, example_request_id
from placed
order by prompt_id, part
