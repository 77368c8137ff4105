-- account: the result for every line that was read
--
-- question: How many lines of each format became requests, copies, lines without a call, or rejects?

select
    coalesce(format, 'unrecognised') as format,
    sum(lines)::bigint as lines,
    sum(requests)::bigint as requests,
    sum(duplicates)::bigint as duplicates,
    sum(no_call)::bigint as no_call,
    sum(rejects)::bigint as rejects
from ledger
group by coalesce(format, 'unrecognised')
order by format
