-- Requests of earlier runs that repeat usage of new records below them: the ledger must subtract them.

select
    $source_id::integer as source_id,
    source_format as format,
    0 as lines,
    -count(*) as requests,
    count(*) as duplicates,
    0 as no_call,
    0 as rejects
from requests
where request_id in (select request_id from taken_back)
group by source_format
