-- The new records that are part of traces, with what the store already knew of them.

select
    request_id,
    max(trace_id) as trace_id,
    max(parent_id) as parent_id,
    bool_or(carries_call) as carries_call
from (
    select request_id, trace_id, parent_id, carries_call and reason is null as carries_call
    from staged
    where claimed and request_id is not null and trace_id is not null
    union all
    select request_id, trace_id, parent_id, carries_call
    from spans
    where request_id in (select request_id from staged where trace_id is not null)
) as copies
group by request_id
