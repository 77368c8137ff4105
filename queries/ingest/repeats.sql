-- Records above a call, at any depth, in the new traces: their usage is that of the calls below. A record below itself
-- repeats nothing.

with recursive known as (
    select request_id, parent_id, carries_call from spans where trace_id in (select trace_id from met)
),

above as (
    select request_id as call_id, parent_id as request_id from known where carries_call and parent_id is not null
    union
    select above.call_id, known.parent_id
    from above
    inner join known using (request_id)
    where known.parent_id is not null
)

select request_id from above
except
select request_id from above where call_id = request_id
