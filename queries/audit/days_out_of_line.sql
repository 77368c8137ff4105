-- days-out-of-line: days with unusually high or low spend
--
-- question: On which days was spend unusual, since when is it, and which feature caused it?
-- severity: warning
-- dollars: the difference between the spend of these days and what comparable days cost, before a step or around a day
-- advice: for high days and a step, check releases and retries; for low days, check that all logs were shipped
-- param examples int = 5: how many request ids to list.
-- assumes: unusual days are those of `queries/spend/unusual_days.sql`.

with examples as (
    select
        told.finding,
        sum(priced.calls)::bigint as requests,
        list(priced.request_id order by priced.cost_usd desc nulls last, priced.request_id)[1:$examples] as request_ids
    from priced
    inner join (select finding, unnest(on_days) as day from unusual_days) as told on told.day = local_time(priced.ts)::date
    group by told.finding
)

select
    unusual_days.subject,
    examples.requests,
    unusual_days.off_usd as cost_usd,
    unusual_days.detail,
    examples.request_ids as example_request_ids
from unusual_days
inner join examples on examples.finding = unusual_days.finding
order by unusual_days.is_high desc, unusual_days.off_usd desc, unusual_days.subject
