-- What the ledger now counts as requests and repeats others: copies of requests that were here already.

select
    $source_id::integer as source_id,
    format,
    0 as lines,
    sum(requests)::bigint as requests,
    -sum(requests)::bigint as duplicates,
    0 as no_call,
    0 as rejects
from (
    select format, requests from gap
    union all
    select format, -requests as requests from gap_before
) as changes
group by format
having sum(requests) <> 0
