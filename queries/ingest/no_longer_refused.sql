-- Records that could not be taken and repeat the usage of calls read later: the ledger moves them.

select
    source_id,
    format,
    0 as lines,
    0 as requests,
    count(*) as duplicates,
    0 as no_call,
    -count(*) as rejects
from rejects
where request_id in (select request_id from repeats)
group by source_id, format
