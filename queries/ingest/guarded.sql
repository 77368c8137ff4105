-- Ids, names and tags without secrets: what holds an obvious key or password is told by a hash. Most rows hold none,
-- which one look at all of them together tells.

with looked as (
    select
        *,
        regexp_matches(
            concat_ws(
                chr(10), request_id, part_of, trace_id, parent_id, provider, model_logged, feature, task_type, prompt_id,
                user_id, session_id, thread_id, project, stop_reason, service_tier, region,
                array_to_string(map_keys(tags), chr(10)), array_to_string(map_values(tags), chr(10))
            ),
            secret_pattern()
        )
        or len(list_filter(map_keys(tags), lambda name: is_called_secret(name))) > 0 as is_suspect
    from normalised
),

told as (
    select
        *,
        case
            when is_suspect
            then without_secrets(list_concat(
                [
                    request_id, part_of, trace_id, parent_id, provider, model_logged, feature, task_type, prompt_id,
                    user_id, session_id, thread_id, project, stop_reason, service_tier, region
                ],
                map_keys(tags),
                list_transform(
                    map_entries(tags), lambda entry: case
                        when is_called_secret(entry.key) and length(entry.value) > 3
                        then 'secret-' || short_hash(entry.value)
                        else entry.value
                    end
                )
            ))
        end as safe
    from looked
)

select
    * exclude (is_suspect, safe) replace (
        case when is_suspect then safe[1] else request_id end as request_id,
        case when is_suspect then safe[2] else part_of end as part_of,
        case when is_suspect then safe[3] else trace_id end as trace_id,
        case when is_suspect then safe[4] else parent_id end as parent_id,
        case when is_suspect then safe[5] else provider end as provider,
        case when is_suspect then safe[6] else model_logged end as model_logged,
        case when is_suspect then safe[7] else feature end as feature,
        case when is_suspect then safe[8] else task_type end as task_type,
        case when is_suspect then safe[9] else prompt_id end as prompt_id,
        case when is_suspect then safe[10] else user_id end as user_id,
        case when is_suspect then safe[11] else session_id end as session_id,
        case when is_suspect then safe[12] else thread_id end as thread_id,
        case when is_suspect then safe[13] else project end as project,
        case when is_suspect then safe[14] else stop_reason end as stop_reason,
        case when is_suspect then safe[15] else service_tier end as service_tier,
        case when is_suspect then safe[16] else region end as region,
        case
            when is_suspect and tags is not null
            then map(safe[17:16 + cardinality(tags)::bigint], safe[17 + cardinality(tags)::bigint:])
            else tags
        end as tags
    )
from told
