-- cube: spend by day, feature, model and prompt, small enough for a page
--
-- question: What was spent on each day, by which feature, model and prompt?
-- param names int = 200: names kept per column, most expensive first; the rest become (others).
-- param daily bool = true: false adds all days up, with more names for as many rows.
-- assumes: a request without a time has a null day; one without a model or prompt has null there.

with ranked as (
    select 'feature' as kind, by_feature as name, sum(cost_usd) as cost_usd, sum(requests) as requests
    from fine
    group by by_feature
    union all
    select 'model' as kind, by_model as name, sum(cost_usd) as cost_usd, sum(requests) as requests
    from fine
    group by by_model
    union all
    select 'prompt' as kind, detail as name, sum(cost_usd) as cost_usd, sum(requests) as requests
    from fine
    group by detail
),

kept as (
    select kind, name
    from (
        select
            kind, name,
            row_number() over (partition by kind order by cost_usd desc nulls last, requests desc, name) as place
        from ranked
        where name is not null
    ) as placed
    where place <= $names
),

named as (
    select
        fine.* exclude (by_feature, by_model, detail),
        coalesce(features.name, '(others)') as feature,
        case when by_model is not null then coalesce(models.name, '(others)') end as model,
        case when detail is not null then coalesce(prompts.name, '(others)') end as prompt
    from fine
    left join kept as features on features.kind = 'feature' and features.name = fine.by_feature
    left join kept as models on models.kind = 'model' and models.name = fine.by_model
    left join kept as prompts on prompts.kind = 'prompt' and prompts.name = fine.detail
)

select
    case when $daily then by_day end as day,
    feature,
    model,
    prompt,
    sum(requests)::bigint as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(cost_usd)::double as cost_usd,
    sum(unpriced_requests)::bigint as unpriced_requests
from named
group by case when $daily then by_day end, feature, model, prompt
order by day, feature, model, prompt
