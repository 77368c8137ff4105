-- anomalies: days with unusual spend, in total and by feature
--
-- question: On which days was spend unusual, for which feature, and what caused it?
-- param deviations float = 3.5: distance from the median, in robust standard deviations of the logarithm.
-- param times float = 2: least factor between the day and the median.
-- param least_factor float = 1.1: least factor by which days are assumed to vary, where the log shows less.
-- param least_days int = 5: comparable days needed to know what is usual.
-- param least_share float = 0.1: least difference of a feature, as a share of the total on a usual day; smaller ones
--   are ignored.
-- assumes: modified z-score, 0.6745 / MAD, beyond 3.5: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993;
--   on logarithms, since dollars per day are spread over orders of magnitude in bursty logs.
-- assumes: a day is compared with the same weekday if the log has enough of these, else working days (Monday to
--   Friday) with working days and weekend days with weekend days; days without spend are not counted.
-- assumes: the first and the last day may be incomplete and are never reported as low.

with spent as (
    select
        local_time(ts)::date as day, coalesce(feature, 'unattributed') as feature, prompt_id, model,
        sum(calls) as requests, coalesce(exact_sum(cost_usd), 0) as cost_usd
    from priced
    where ts is not null
    group by local_time(ts)::date, coalesce(feature, 'unattributed'), prompt_id, model
),

-- a null feature means all features together
parts as (
    select day, null as feature, 'feature' as part_kind, feature as part, exact_sum(cost_usd) as cost_usd
    from spent
    group by day, feature
    union all
    select day, feature, 'prompt' as part_kind, prompt_id as part, exact_sum(cost_usd) as cost_usd
    from spent
    where prompt_id is not null
    group by day, feature, prompt_id
    union all
    select day, feature, 'model' as part_kind, model as part, exact_sum(cost_usd) as cost_usd
    from spent
    where model is not null
    group by day, feature, model
),

days as (
    select
        *,
        ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'][isodow(day)] as weekday,
        case when isodow(day) >= 6 then 'weekend day' else 'working day' end as day_kind
    from (
        select day, null as feature, sum(requests) as requests, exact_sum(cost_usd) as cost_usd from spent group by day
        union all
        select day, feature, sum(requests) as requests, exact_sum(cost_usd) as cost_usd from spent group by day, feature
    ) as summed
    where cost_usd > 0
),

compared as (
    select day, feature, weekday as kind, requests, cost_usd from days
    union all
    select day, feature, day_kind as kind, requests, cost_usd from days
),

usual as (
    select
        feature, kind, count(*) as days, median(cost_usd) as usual_usd, median(requests) as usual_requests,
        mad(ln(cost_usd)) as spread
    from compared
    group by feature, kind
    having count(*) >= $least_days
),

held as (
    select
        days.*,
        coalesce(same.kind, alike.kind) as kind,
        coalesce(same.days, alike.days) as compared_days,
        coalesce(same.usual_usd, alike.usual_usd) as usual_usd,
        coalesce(same.usual_requests, alike.usual_requests) as usual_requests,
        coalesce(same.spread, alike.spread) as spread,
        day = min(day) over () or day = max(day) over () as may_be_cut_off
    from days
    left join usual as same on same.feature is not distinct from days.feature and same.kind = days.weekday
    left join usual as alike on alike.feature is not distinct from days.feature and alike.kind = days.day_kind
),

far as (
    select held.*, held.cost_usd > held.usual_usd as is_high
    from held
    inner join held as whole on whole.day = held.day and whole.feature is null
    where
        abs(ln(held.cost_usd / held.usual_usd))
        > $deviations * greatest(held.spread / 0.6745, ln($least_factor))
        and (
            held.cost_usd > $times * held.usual_usd
            or (held.cost_usd * $times < held.usual_usd and not held.may_be_cut_off)
        )
        and (
            held.feature is null
            or abs(held.cost_usd - held.usual_usd) >= $least_share * coalesce(whole.usual_usd, whole.cost_usd)
        )
),

-- the usual spend of a part: nothing, if it is absent on most days
usual_parts as (
    select
        parts.feature, usual.kind, parts.part_kind, parts.part,
        case when 2 * count(*) > any_value(usual.days) then median(parts.cost_usd) else 0 end as usual_usd
    from parts
    inner join usual
        on usual.feature is not distinct from parts.feature
        and usual.kind in (
            ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'][isodow(parts.day)],
            case when isodow(parts.day) >= 6 then 'weekend day' else 'working day' end
        )
    group by parts.feature, usual.kind, parts.part_kind, parts.part
),

-- the share of the difference that each part explains by its own difference from the usual
moved as (
    select
        far.day, far.feature, usual_parts.part_kind, usual_parts.part,
        (coalesce(parts.cost_usd, 0) - usual_parts.usual_usd) / (far.cost_usd - far.usual_usd) as share
    from far
    inner join usual_parts on usual_parts.feature is not distinct from far.feature and usual_parts.kind = far.kind
    left join parts
        on parts.day = far.day
        and parts.feature is not distinct from far.feature
        and parts.part_kind = usual_parts.part_kind
        and parts.part = usual_parts.part
),

-- the prompt that explains at least half; failing that the model, or the part that explains most
causes as (
    select
        *,
        row_number() over (
            partition by day, feature
            order by case when share >= 0.5 and part_kind = 'prompt' then 0 when share >= 0.5 then 1 else 2 end,
                share desc, part_kind, part
        ) as place
    from moved
)

select
    far.day,
    far.feature,
    far.kind,
    far.compared_days,
    far.is_high,
    far.cost_usd,
    far.usual_usd,
    far.cost_usd / far.usual_usd as times,
    abs(far.cost_usd - far.usual_usd) as off_usd,
    far.requests::bigint as requests,
    far.usual_requests,
    causes.part_kind as cause_kind,
    causes.part as cause,
    causes.share as cause_share
from far
left join causes on causes.day = far.day and causes.feature is not distinct from far.feature and causes.place = 1
order by far.day, far.feature is not null, off_usd desc, far.feature
