-- The requests of another store, as an ingest stages the calls of a log: under the names that their log gave them, without
-- what rules and mined templates added. A record of a trace without a request carries no call, or repeats those below it.
-- A line that a mapping has read here already counts once.

with days as (
    select distinct model_logged, provider, model, coalesce(ts, timestamp '9999-01-01')::date as day from other_requests
),

named as (
    select
        days.model_logged,
        days.provider,
        days.model,
        days.day,
        count(other_models.model_logged) > 0 as is_known,
        max(other_models.provider_logged) as provider_logged
    from days
    left join other_models
        on other_models.model_logged = days.model_logged
        and other_models.provider is not distinct from days.provider
        and other_models.model is not distinct from days.model
        and other_models.valid_from <= days.day
        and (other_models.valid_to is null or other_models.valid_to > days.day)
    group by days.model_logged, days.provider, days.model, days.day
),

read_here as (
    select other_readings.request_id
    from other_readings
    inner join readings on readings.line_hash = other_readings.line_hash
    where readings.request_id <> other_readings.request_id
)

select
    requests.* exclude (source_format, model, cost_override_usd) replace (
        case when named.is_known then named.provider_logged else requests.provider end as provider,
        case when requests.request_id not in (select request_id from other_ruled) then requests.feature end as feature,
        case when openings.request_id is null then requests.prompt_id end as prompt_id,
        coalesce(requests.machine, $machine) as machine
    ),
    requests.source_format as format,
    spans.trace_id,
    spans.parent_id,
    openings.openings,
    case when texts.request_id is not null
        then {'system': texts.system, 'prompt': texts.prompt, 'output': texts.output}
    end as texts,
    true as claimed,
    true as carries_call,
    requests.request_id in (select request_id from read_here) as is_repeat,
    null::varchar as reason,
    null::integer as source_id,
    row_number() over () as line_no,
    1::bigint as record_no,
    null::varchar as raw,
    null::varchar as excerpt,
    null::varchar as fault,
    null::bigint as mapped_fields,
    null::varchar as line_hash
from other_requests as requests
left join named
    on named.model_logged is not distinct from requests.model_logged
    and named.provider is not distinct from requests.provider
    and named.model is not distinct from requests.model
    and named.day = coalesce(requests.ts, timestamp '9999-01-01')::date
left join other_spans as spans using (request_id)
left join other_openings as openings using (request_id)
left join other_texts as texts using (request_id)
union all by name
select request_id, trace_id, parent_id, true as claimed, carries_call, true as is_repeat
from other_spans
where request_id not in (select request_id from other_requests)
