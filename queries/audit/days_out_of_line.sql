-- days-out-of-line: days that cost far more or less than others of their kind
--
-- question: On which days did spend leave its usual range, and which feature did it?
-- severity: warning
-- dollars: the day's spend beyond the median of its kind, or what it is short of that
-- advice: see what was released or who retried that day; on a day that is short, whether all logs were shipped
-- param deviations float = 3.5: distance from the median, in robust standard deviations of the logarithm.
-- param times float = 2: least factor between the day and the median.
-- param least_factor float = 1.1: factor by which days are taken to vary at least, where the log shows less.
-- param least_days int = 5: days of a kind needed to know what is usual.
-- param examples int = 5: how many request ids to name.
-- assumes: modified z-score, 0.6745 / MAD, beyond 3.5: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993;
--   on logarithms, since in bursty logs dollars a day are spread over orders of magnitude.
-- assumes: working days (Monday to Friday, UTC) are compared with working days, weekends with weekends; the first and
--   the last day may be cut off and are never short.

with spent as (
    select
        ts::date as day, coalesce(feature, 'unattributed') as feature, sum(calls) as requests,
        coalesce(sum(cost_usd), 0) as cost_usd
    from priced
    where ts is not null
    group by day, feature
),

days as (
    select
        day, isodow(day) >= 6 as is_weekend, sum(cost_usd) as cost_usd, sum(requests) as requests,
        day = min(day) over () or day = max(day) over () as may_be_cut_off
    from spent
    group by day
),

usual as (
    select is_weekend, count(*) as days, median(cost_usd) as middle_usd, mad(ln(cost_usd)) as spread
    from days
    where cost_usd > 0
    group by is_weekend
    having count(*) >= $least_days
),

far as (
    select days.*, usual.middle_usd, days.cost_usd > usual.middle_usd as is_dear
    from days
    inner join usual on usual.is_weekend = days.is_weekend
    where
        days.cost_usd > 0
        and abs(ln(days.cost_usd / usual.middle_usd))
        > $deviations * greatest(usual.spread / 0.6745, ln($least_factor))
        and (
            days.cost_usd > $times * usual.middle_usd
            or (days.cost_usd * $times < usual.middle_usd and not days.may_be_cut_off)
        )
),

features as (
    -- what a feature usually spends: nothing, if it is absent on most days
    select
        spent.feature, usual.is_weekend,
        case when 2 * count(*) > any_value(usual.days) then median(spent.cost_usd) else 0 end as middle_usd
    from spent
    inner join usual on usual.is_weekend = (isodow(spent.day) >= 6)
    group by spent.feature, usual.is_weekend
),

moved as (
    -- how far each feature left its own usual spend, in the day's direction
    select
        far.day,
        features.feature,
        (coalesce(spent.cost_usd, 0) - features.middle_usd) * case when far.is_dear then 1 else -1 end as moved_usd
    from far
    inner join features on features.is_weekend = far.is_weekend
    left join spent on spent.day = far.day and spent.feature = features.feature
),

causes as (
    select day, arg_max(feature, moved_usd) as feature, max(moved_usd) as moved_usd from moved group by day
),

dearest as (
    select
        ts::date as day,
        list(request_id order by cost_usd desc nulls last, request_id)[1:$examples] as request_ids
    from priced
    where ts::date in (select day from far)
    group by ts::date
)

select
    far.day::varchar as subject,
    far.requests::bigint as requests,
    abs(far.cost_usd - far.middle_usd) as cost_usd,
    case when far.is_dear
        then round(far.cost_usd / nullif(far.middle_usd, 0), 1) || ' times'
        else 'only ' || round(100 * far.cost_usd / far.middle_usd, 1) || ' % of'
    end
    || case when far.is_weekend then ' a weekend day''s usual spend' else ' a working day''s usual spend' end
    || ', most of it ' || causes.feature as detail,
    dearest.request_ids as example_request_ids
from far
inner join causes on causes.day = far.day
inner join dearest on dearest.day = far.day
order by cost_usd desc, subject
