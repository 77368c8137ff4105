-- The account of the lines that another store has read and this one does not know, by source and format.

select
    source_id,
    format,
    sum(lines)::bigint as lines,
    sum(requests)::bigint as requests,
    sum(duplicates)::bigint as duplicates,
    sum(no_call)::bigint as no_call,
    sum(rejects)::bigint as rejects
from (
    select merging.source_id, format, lines, requests, duplicates, no_call, rejects
    from other_ledger
    inner join merging on merging.other_source_id = other_ledger.source_id
    where merging.is_ahead
    union all
    select source_id, format, -lines, -requests, -duplicates, -no_call, -rejects
    from ledger
    where source_id in (select source_id from merging where is_ahead and not is_new)
) as counts
group by source_id, format
having sum(lines) <> 0
