-- Lines that no format claims: which of them may hide spend.

with judged as (
    select
        *,
        case
            when fault is not null then fault
            when regexp_full_match(raw, '\s*') then null
            when not json_valid(raw) then 'not JSON'
            when regexp_matches(
                raw,
                '"usage"\s*:\s*(\{\s*[^}\s]|[^n{\s])'
                || '|"((prompt|completion|input|output|total)_?[tT]okens?(_count)?|[a-zA-Z]*TokenCount)"\s*:\s*[^n\s]'
            )
                then 'token counts in a shape no format knows'
        end as reason
    from unclaimed
)

select
    source_id,
    line_no,
    piece,
    null::varchar as format,
    reason,
    case when reason is not null then excerpt_of(raw) end as excerpt,
    case when tracks_lines() then row_hash(raw) end as line_hash
from judged
