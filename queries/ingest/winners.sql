-- One row for each call with several copies. The copy with most output tokens is the finished one; among equals the
-- parent's, not the subagent's or the fork's; then the one with the lower session_id, so that a new column moves no call
-- between sessions; where files are read again, the copy read now; then the one with the lower hash, so that the order of
-- reading does not matter; of equal ones the one that is here. The call began at the time of its earliest copy.

with copies as (
    select
        * replace (
            -- as the log has it: what a rule or a mined template added is not the copy's own
            case when request_id not in (select request_id from ruled) then feature end as feature,
            case when request_id not in (select request_id from openings) then prompt_id end as prompt_id
        ),
        false as is_new,
        null::integer as source_id,
        null::bigint as line_no,
        null::bigint as record_no
    from requests
    where request_id in (select request_id from contested)
    union all by name
    select *, true as is_new from calls where request_id in (select request_id from contested)
),

-- narrow, since every copy is sorted
hashed as (
    select
        request_id, is_new, source_id, line_no, record_no, ts, output_tokens, branched, output_partial, session_id,
        hash(row(*columns(* exclude (ts, machine, is_new, source_id, line_no, record_no)))) as copy_hash
    from copies
),

ranked as (
    select
        request_id, is_new, source_id, line_no, record_no,
        min(ts) over (partition by request_id) as first_ts,
        row_number() over (
            partition by request_id
            order by
                output_tokens desc, branched, output_partial, session_id,
                $read_again and not is_new and request_id not in (select request_id from read_now),
                copy_hash, is_new
        ) as place
    from hashed
)

select copies.* exclude (source_id, line_no, record_no) replace (ranked.first_ts as ts)
from copies
join ranked
    on ranked.place = 1
    and ranked.request_id = copies.request_id
    and ranked.is_new = copies.is_new
    and ranked.source_id is not distinct from copies.source_id
    and ranked.line_no is not distinct from copies.line_no
    and ranked.record_no is not distinct from copies.record_no
