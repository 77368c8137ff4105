-- The lines just read that could not be taken, each with its reason and its beginning: its structure alone, unless texts
-- are kept.

select
    source_id,
    line_no,
    format,
    reason,
    case when keeps_text() then redacted(raw[:20000])[:300] else redacted(structure_of(raw[:20000])) end as excerpt,
    request_id
from (
    select source_id, line_no, format, reason, raw, case when trace_id is not null then request_id end as request_id
    from staged
    where claimed and carries_call and reason is not null and not is_repeat
    union all
    select source_id, line_no, format, reason, raw, null as request_id from leftover where reason is not null
) as refused
