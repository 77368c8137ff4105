-- The new sums under the labels that are exposed: a value without its own series is other, and all three are other once
-- there are $most_series combinations.

with named as (
    select
        counted.*,
        coalesce(models.value, $other) as shown_model,
        coalesce(features.value, $other) as shown_feature,
        coalesce(task_types.value, $other) as shown_task_type
    from counted
    left join label_values as models
        on models.label = 'model' and models.value = counted.model and models.is_shown
    left join label_values as features
        on features.label = 'feature' and features.value = counted.feature and features.is_shown
    left join label_values as task_types
        on task_types.label = 'task_type' and task_types.value = counted.task_type and task_types.is_shown
),

known as (
    select distinct labels[1] as shown_model, labels[2] as shown_feature, labels[3] as shown_task_type
    from counters
    where metric = 'llm_requests_total'
),

fitting as (
    select shown_model, shown_feature, shown_task_type
    from (
        select
            shown_model, shown_feature, shown_task_type,
            row_number() over (order by sum(cost_usd) desc, shown_model, shown_feature, shown_task_type) as place
        from named
        anti join known using (shown_model, shown_feature, shown_task_type)
        group by shown_model, shown_feature, shown_task_type
    ) as new
    where place + (select count(*) from known) <= $most_series
    union all
    select * from known
)

select
    named.* exclude (model, feature, task_type),
    coalesce(fitting.shown_model, $other) as model,
    coalesce(fitting.shown_feature, $other) as feature,
    coalesce(fitting.shown_task_type, $other) as task_type
from named
left join fitting using (shown_model, shown_feature, shown_task_type)
