-- The result for every new record, by file and format.

with copies as (
    select
        calls.source_id,
        calls.line_no,
        calls.record_no,
        row_number() over (
            partition by calls.request_id order by calls.source_id, calls.line_no, calls.record_no
        ) > 1
        or exists (from contested where contested.request_id = calls.request_id and contested.in_store) as is_copy
    from calls
    where calls.request_id in (select request_id from contested)
),

duplicates as (
    select source_id, line_no, record_no from copies where is_copy
)

select
    source_id,
    format,
    count(*) as lines,
    count(*) filter (where is_call and duplicates.line_no is null) as requests,
    count(*) filter (where is_repeat or (is_call and duplicates.line_no is not null)) as duplicates,
    count(*) filter (where not is_call and not is_repeat and reason is null) as no_call,
    count(*) filter (where not is_call and not is_repeat and reason is not null) as rejects
from (
    select
        source_id, line_no, record_no, format, reason, is_repeat,
        carries_call and reason is null and not is_repeat as is_call
    from staged
    where claimed
    union all
    select source_id, line_no, piece as record_no, format, reason, false as is_repeat, false as is_call from leftover
) as seen
left join duplicates using (source_id, line_no, record_no)
group by source_id, format
