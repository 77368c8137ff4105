-- days-out-of-line: days with unusually high or low spend
--
-- question: On which days was spend unusual, since when is it, and which feature caused it?
-- severity: warning
-- dollars: the difference between the spend of these days and the median of comparable days
-- advice: for high days and a step, check releases and retries; for low days, check that all logs were shipped
-- param examples int = 5: how many request ids to list.
-- param least_days int = 3: unusual days, one after the other, that make one finding.
-- param gap_days int = 2: usual days with spend that may lie between two of them: a weekend's step is small.
-- assumes: the assumptions of queries/spend/anomalies.sql, which finds the days
-- assumes: where the newest days are alike and most of the log is so, it is the days before them that are unusually low:
--   that is a step up as well, told by its date.

with active as (
    select local_time(ts)::date as day
    from priced
    where ts is not null and cost_usd > 0
    group by local_time(ts)::date
),

numbered as (
    select
        day,
        row_number() over (order by day) as number,
        lead(day) over (order by day) as next_day,
        count(*) over () as every_day
    from active
),

far as (
    select anomalies.*, numbered.number, numbered.next_day, numbered.every_day
    from anomalies
    inner join numbered on numbered.day = anomalies.day
    where anomalies.feature is null
),

begun as (
    select
        *,
        case when number - lag(number) over (partition by is_high order by number) <= $gap_days + 1 then 0 else 1 end as begins
    from far
),

runs as (
    select *, sum(begins) over (partition by is_high order by number) as run
    from begun
),

sized as (
    select *, count(*) over (partition by is_high, run) as run_days
    from runs
),

grouped as (
    select
        *,
        case when run_days >= $least_days then run else -number end as part
    from sized
),

told as (
    select
        is_high,
        part,
        count(*) as days,
        min(day) as first_day,
        max(day) as last_day,
        arg_max(next_day, day) as next_day,
        min(number) <= 2 as from_the_first,
        max(number) >= any_value(every_day) as to_the_last,
        sum(requests)::bigint as requests,
        exact_sum(off_usd) as off_usd,
        sum(cost_usd) / sum(usual_usd) as times,
        arg_max(kind, off_usd) as kind
    from grouped
    group by is_high, part
),

-- what made most of it over all of its days, and not on the day that is furthest off
caused as (
    select is_high, part, arg_max(cause, cause_usd) as cause, max(cause_usd) as cause_usd
    from (
        select is_high, part, cause, exact_sum(off_usd * cause_share) as cause_usd
        from grouped
        where cause is not null
        group by is_high, part, cause
    ) as summed
    group by is_high, part
),

examples as (
    select
        grouped.is_high,
        grouped.part,
        list(priced.request_id order by priced.cost_usd desc nulls last, priced.request_id)[1:$examples] as request_ids
    from priced
    inner join grouped on grouped.day = local_time(priced.ts)::date
    group by grouped.is_high, grouped.part
),

judged as (
    select
        *,
        days > 1 and (is_high and to_the_last or not is_high and from_the_first and not to_the_last) as is_step_up,
        days > 1 and (is_high and from_the_first or not is_high and to_the_last) as is_step_down
    from told
)

select
    case
        when judged.days = 1 then judged.first_day::varchar
        when is_step_up and not judged.is_high then 'since ' || judged.next_day
        when (is_step_up or is_step_down) and judged.to_the_last then 'since ' || judged.first_day
        when is_step_down then 'until ' || judged.last_day
        else judged.first_day || ' to ' || judged.last_day
    end as subject,
    judged.requests,
    judged.off_usd as cost_usd,
    case
        when is_step_up and not judged.is_high then 'a step up to ' || round(1 / judged.times, 1) || ' times the spend before'
        when is_step_up then 'a step up to ' || round(judged.times, 1) || ' times the usual spend'
        when judged.is_high then round(judged.times, 1) || ' times'
        else 'only ' || round(100 * judged.times, 1) || ' % of'
    end
    || case
        when is_step_up then ''
        when judged.days > 1 then ' the usual spend'
        when judged.kind in ('working day', 'weekend day') then ' a ' || judged.kind || '''s usual spend'
        else ' the usual spend of a ' || judged.kind
    end
    || case when judged.days > 1 then ' (' || judged.days || ' days)' else '' end
    || coalesce(
        case when 2 * caused.cause_usd >= judged.off_usd then ', most of it ' else ', the largest part of it ' end || caused.cause,
        ''
    ) as detail,
    examples.request_ids as example_request_ids
from judged
inner join examples on examples.is_high = judged.is_high and examples.part = judged.part
left join caused on caused.is_high = judged.is_high and caused.part = judged.part
order by judged.is_high or is_step_up desc, judged.off_usd desc, subject
