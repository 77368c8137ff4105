-- unusual-days: the days on which spend left its level, steps and spells told once
--
-- question: On which days was spend unusual, since when is it, and what caused it?
-- param deviations float = 3.5: distance from what is usual, in robust standard deviations of the logarithm.
-- param times float = 2: least factor between the day and what is usual.
-- param least_factor float = 1.1: least factor by which days are assumed to vary, where the log shows less.
-- param least_days int = 3: unusual days, one after the other, that make one finding.
-- param apart float = 1.25: least factor between a part's share of the difference and its share of the usual spend.
-- param gap_days int = 2: usual days with spend that may lie between two of them: a weekend's step is small.
-- assumes: modified z-score, 0.6745 / MAD, beyond 3.5: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993;
--   on logarithms, since dollars per day are spread over orders of magnitude in bursty logs.
-- assumes: a day is compared with the level of the days around it and with what its
--   weekday usually differs by. A level that moved to twice or half of it for three days or more is a step, a spell or a
--   slope, told once; days without spend are not counted, and after two weeks without spend levels are not compared.
-- assumes: a feature, prompt or model is named where its share of the difference is a quarter above its share of the
--   usual spend or more; failing that, what moved: requests, tokens per request or dollars per token.
-- assumes: the first and the last day may be incomplete and are never reported as low.

with far as (
    select *, cost_usd > usual_usd as is_high
    from levels
    where
        spread is not null
        and abs(ln(cost_usd / usual_usd)) > $deviations * greatest(spread, ln($least_factor))
        and (
            cost_usd > $times * usual_usd
            or (cost_usd * $times < usual_usd and number > 0 and next_day is not null)
        )
),

begun as (
    select
        *,
        case when number - lag(number) over (partition by is_high, plateau order by number) <= $gap_days + 1 then 0 else 1 end
            as begins
    from far
),

runs as (
    select *, sum(begins) over (partition by is_high, plateau order by number) as run
    from begun
),

sized as (
    select *, count(*) over (partition by is_high, plateau, run) as run_days
    from runs
),

-- the days of each finding, and what they are compared with
told as (
    select
        case when run_days >= $least_days then 'run ' || is_high || plateau || ' ' || run else 'day ' || number end as finding,
        null::bigint as move, day, number, next_day, kind, is_weekend, is_high, cost_usd,
        usual_usd as base_usd,
        plateau as base_plateau
    from sized
    union all
    select
        'move ' || levels.move as finding,
        levels.move, levels.day, levels.number, levels.next_day, levels.kind, levels.is_weekend,
        moves.times > 1 as is_high, levels.cost_usd, levels.base_usd, moves.base_plateau
    from levels
    inner join moves on moves.move = levels.move
    where levels.number not in (select number from far)
),

summed as (
    select
        finding,
        any_value(move) as move,
        any_value(is_high) as is_high,
        count(*) as days,
        min(day) as first_day,
        max(day) as last_day,
        list(day order by day) as on_days,
        arg_max(next_day, day) as next_day,
        min(number) <= 1 as from_the_first,
        max(next_day) is null or max(number) = (select max(number) from levels) as to_the_last,
        abs(sum(exact(cost_usd - base_usd)))::double as off_usd,
        sum(cost_usd) / sum(base_usd) as times,
        any_value(kind) as kind
    from told
    group by finding
),

-- what each part spent on each day; a day of a finding is compared with the usual ones at the level before, weekends with
-- weekends
spent as (
    select
        local_time(ts)::date as day, coalesce(feature, 'unattributed') as feature, prompt_id, model,
        sum(calls) as requests,
        sum(prompt_tokens + output_tokens) as tokens,
        exact_sum(cost_usd) as cost_usd
    from priced
    where ts is not null and cost_usd is not null
    group by local_time(ts)::date, coalesce(feature, 'unattributed'), prompt_id, model
),

parts as (
    select day, 'feature' as part_kind, feature as part, sum(cost_usd) as cost_usd from spent group by day, feature
    union all
    select day, 'prompt' as part_kind, prompt_id as part, sum(cost_usd) as cost_usd
    from spent
    where prompt_id is not null
    group by day, prompt_id
    union all
    select day, 'model' as part_kind, model as part, sum(cost_usd) as cost_usd
    from spent
    where model is not null
    group by day, model
),

usual_days as (
    select plateau, is_weekend, count(*) as days
    from levels
    where number not in (select number from far)
    group by plateau, is_weekend
),

usual_parts as (
    select
        levels.plateau, levels.is_weekend, parts.part_kind, parts.part, sum(parts.cost_usd) / any_value(usual_days.days) as usd
    from levels
    inner join usual_days on usual_days.plateau = levels.plateau and usual_days.is_weekend = levels.is_weekend
    inner join parts on parts.day = levels.day
    where levels.number not in (select number from far)
    group by levels.plateau, levels.is_weekend, parts.part_kind, parts.part
),

moved as (
    select finding, part_kind, part, sum(usd) as usd, sum(usual_usd) as usual_usd
    from (
        select told.finding, parts.part_kind, parts.part, parts.cost_usd as usd, 0 as usual_usd
        from told
        inner join parts on parts.day = told.day
        union all
        select
            told.finding, usual_parts.part_kind, usual_parts.part, -usual_parts.usd as usd, usual_parts.usd as usual_usd
        from told
        inner join usual_parts on usual_parts.plateau = told.base_plateau and usual_parts.is_weekend = told.is_weekend
    ) as both_sides
    group by finding, part_kind, part
),

-- how large the days of each finding are, and those that they are compared with
sizes as (
    select day, sum(requests) as requests, sum(tokens) as tokens, sum(cost_usd) as cost_usd from spent group by day
),

usual_sizes as (
    select
        levels.plateau, levels.is_weekend,
        avg(sizes.requests) as requests, avg(sizes.tokens) as tokens, avg(sizes.cost_usd) as cost_usd
    from levels
    inner join sizes on sizes.day = levels.day
    where levels.number not in (select number from far)
    group by levels.plateau, levels.is_weekend
),

grown as (
    select
        told.finding,
        sum(usual_sizes.cost_usd) as usual_usd,
        sum(sizes.cost_usd - usual_sizes.cost_usd) as more_usd,
        sum(sizes.requests) / sum(usual_sizes.requests) as requests,
        sum(sizes.tokens) / nullif(sum(usual_sizes.tokens), 0) as tokens,
        sum(sizes.cost_usd) / sum(usual_sizes.cost_usd) as usd
    from told
    inner join sizes on sizes.day = told.day
    inner join usual_sizes on usual_sizes.plateau = told.base_plateau and usual_sizes.is_weekend = told.is_weekend
    group by told.finding
),

-- what the days differ in, as the factors whose product is that of their spend
drivers as (
    select finding, usd, 1 as place, 'requests' as what, requests as times from grown
    union all
    select finding, usd, 2 as place, 'tokens per request' as what, tokens / requests as times from grown
    union all
    select finding, usd, 3 as place, 'dollars per token' as what, usd / tokens as times from grown
),

candidates as (
    select
        moved.finding,
        case
            when share >= 0.5 and tells and part_kind = 'prompt' then 0
            when share >= 0.5 and tells then 1
            else 3
        end as rank,
        part_kind, part, share
    from (
        select
            moved.*,
            round(case when summed.is_high then moved.usd else -moved.usd end / nullif(summed.off_usd, 0), 6) as share,
            coalesce(
                moved.usd / nullif(grown.more_usd, 0) >= $apart * moved.usual_usd / nullif(grown.usual_usd, 0), false
            ) as tells
        from moved
        inner join summed on summed.finding = moved.finding
        left join grown on grown.finding = moved.finding
    ) as moved
    union all
    select
        finding,
        2 as rank,
        place::varchar as part_kind,
        'from ' || case when times > 1 then 'more ' else 'fewer ' end || what as part,
        round(ln(times) / ln(usd), 6) as share
    from drivers
    where times > 0 and usd > 0 and usd <> 1
),

-- the prompt that explains at least half; failing that the model or feature, or what moved; else the part that explains most
caused as (
    select finding, part, share
    from candidates
    qualify row_number() over (partition by finding order by rank, share desc, part_kind, part) = 1
),

judged as (
    select
        summed.*,
        moves.shape,
        moves.is_open,
        case when moves.shape is null then summed.times else moves.times end as told_times,
        coalesce(moves.first_day, summed.first_day) as since,
        case when moves.shape is null then summed.last_day else moves.last_day end as until,
        days > 1 and (
            moves.shape = 'step' and is_high
            or moves.shape is null and (is_high and to_the_last or not is_high and from_the_first and not to_the_last)
        ) as is_step_up
    from summed
    left join moves on moves.move = summed.move
)

select
    judged.finding,
    case
        when judged.days = 1 then judged.since::varchar
        when is_step_up and not judged.is_high then 'since ' || judged.next_day
        when judged.shape = 'step' and judged.is_open or judged.shape is null and judged.to_the_last
            then 'since ' || judged.since
        when judged.shape is null and judged.is_high and judged.from_the_first then 'until ' || judged.until
        else judged.since || ' to ' || judged.until
    end as subject,
    case when is_step_up and not judged.is_high then judged.next_day else judged.since end as first_day,
    judged.until as last_day,
    judged.on_days,
    judged.is_high or is_step_up as is_high,
    judged.off_usd,
    case
        when judged.shape = 'gradual' and judged.is_high
            then 'little by little up to ' || round(told_times, 1) || ' times the spend before'
        when judged.shape = 'gradual' then 'little by little down to ' || round(100 * told_times, 1) || '% of the spend before'
        when judged.shape = 'step' and judged.is_high
            then 'a step up to ' || round(told_times, 1) || ' times the spend before'
        when judged.shape = 'step' then 'a step down to ' || round(100 * told_times, 1) || '% of the spend before'
        when is_step_up and not judged.is_high then 'a step up to ' || round(1 / told_times, 1) || ' times the spend before'
        when is_step_up then 'a step up to ' || round(told_times, 1) || ' times the usual spend'
        when judged.is_high then round(told_times, 1) || ' times'
        else 'only ' || round(100 * told_times, 1) || '% of'
    end
    || case
        when is_step_up or judged.shape in ('step', 'gradual') then ''
        when judged.days > 1 then ' the usual spend'
        when judged.kind in ('working day', 'weekend day') then ' a ' || judged.kind || '''s usual spend'
        else ' the usual spend of a ' || judged.kind
    end
    || case when judged.days > 1 then ' (' || judged.days || ' days)' else '' end
    || coalesce(case when caused.share >= 0.5 then ', most of it ' else ', the largest part of it ' end || caused.part, '')
        as detail
from judged
left join caused on caused.finding = judged.finding
order by judged.is_high or is_step_up desc, judged.off_usd desc, subject
