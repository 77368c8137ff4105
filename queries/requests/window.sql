-- window: the requests of a period, of some features and models
--
-- question: Which requests does the report cover?
-- param since text = none: the first moment, UTC; none: from the beginning.
-- param until text = none: the first moment that is no longer covered, UTC; none: to the end.
-- param features names = all: the features covered.
-- param models names = all: the models covered, as named in the price table.
-- assumes: a request without a time is covered only if neither end is given.

select *
from requests
where
    ($since is null or ts >= $since::timestamp)
    and ($until is null or ts < $until::timestamp)
    and is_named(coalesce(feature, 'unattributed'), $features)
    and is_named(model, $models)
