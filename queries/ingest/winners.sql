-- One row for each call that stands more than once. The copy with most output tokens is the finished one; of equals the
-- parent's, not the subagent's; then whichever sorts first as text, so that the order of reading decides nothing. The
-- call began when its earliest copy says.

with copies as (
    select * from requests where request_id in (select request_id from contested)
    union all by name
    select * exclude (source_id, line_no) from calls where request_id in (select request_id from contested)
),

ranked as (
    select
        *,
        min(ts) over (partition by request_id) as first_ts,
        row_number() over (
            partition by request_id
            order by
                output_tokens desc,
                coalesce(tags['sidechain'], 'false'),
                output_partial,
                cast(row(*columns(* exclude (ts))) as varchar)
        ) as place
    from copies
)

select * exclude (place, first_ts) replace (first_ts as ts) from ranked where place = 1
