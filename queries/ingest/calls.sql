-- The new calls, under the names that they are billed by.

select
    staged.* exclude (
        source_id, line_no, record_no, trace_id, parent_id, carries_call, is_repeat, claimed, reason, raw, excerpt, fault,
        provider, format, openings, texts, mapped_fields, line_hash
    ),
    staged.format as source_format,
    coalesce(models.provider, staged.provider) as provider,
    coalesce(models.model, staged.model_logged) as model,
    null::double as cost_override_usd,
    staged.source_id,
    staged.line_no,
    staged.record_no
from staged
left join models
    on models.model_logged = staged.model_logged
    and models.provider_logged is not distinct from staged.provider
    and models.valid_from <= coalesce(staged.ts, timestamp '9999-01-01')
    and (models.valid_to is null or models.valid_to > coalesce(staged.ts, timestamp '9999-01-01'))
where staged.carries_call and staged.reason is null and not staged.is_repeat
