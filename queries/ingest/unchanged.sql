-- Calls of which the copy in the store counts as it is: nothing is added for them.

select winners.request_id
from winners
inner join requests on requests.request_id = winners.request_id and requests.ts is not distinct from winners.ts
where not winners.is_new
