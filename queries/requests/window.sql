-- window: the requests of a stretch of time, of some features and models
--
-- question: Which requests does the report cover?
-- param since text = none: the first moment, UTC; none: from the beginning.
-- param until text = none: the first moment no longer covered, UTC; none: to the end.
-- param features text = none: a list of features; none: all of them.
-- param models text = none: a list of models, as the price table names them; none: all of them.
-- assumes: a request without a time is covered only when neither end is given.

select *
from requests
where
    ($since is null or ts >= $since::timestamp)
    and ($until is null or ts < $until::timestamp)
    and ($features is null or list_contains(cast($features as varchar[]), coalesce(feature, 'unattributed')))
    and ($models is null or list_contains(cast($models as varchar[]), model))
