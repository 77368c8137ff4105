-- days-out-of-line: days with unusually high or low spend
--
-- question: On which days was spend unusual, and which feature caused it?
-- severity: warning
-- dollars: the difference between the day's spend and the median of comparable days
-- advice: for a high day, check releases and retries; for a low day, check that all logs were shipped
-- param examples int = 5: how many request ids to list.
-- assumes: the assumptions of queries/spend/anomalies.sql, which finds the days

with far as (
    select * from anomalies where feature is null
),

examples as (
    select
        local_time(ts)::date as day,
        list(request_id order by cost_usd desc nulls last, request_id)[1:$examples] as request_ids
    from priced
    where local_time(ts)::date in (select day from far)
    group by local_time(ts)::date
)

select
    far.day::varchar as subject,
    far.requests,
    far.off_usd as cost_usd,
    case when far.is_high
        then round(far.times, 1) || ' times'
        else 'only ' || round(100 * far.times, 1) || ' % of'
    end
    || case when far.kind in ('working day', 'weekend day')
        then ' a ' || far.kind || '''s usual spend'
        else ' the usual spend of a ' || far.kind
    end
    || ', most of it ' || far.cause as detail,
    examples.request_ids as example_request_ids
from far
inner join examples on examples.day = far.day
order by cost_usd desc, subject
