-- The lines just read that could not be taken, each with its reason and its excerpt.

select
    source_id, line_no, format, reason, excerpt, case when trace_id is not null then request_id end as request_id
from staged
where claimed and carries_call and reason is not null and not is_repeat
union all
select source_id, line_no, format, reason, excerpt, null as request_id
from leftover
where reason is not null
