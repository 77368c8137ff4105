-- By format, the requests that are here, less those that the ledger counts.

select format, sum(requests)::bigint as requests
from (
    select source_format as format, count(*) as requests from requests group by source_format
    union all
    select format, -requests as requests from ledger
) as counts
group by format
