-- sliced: the requests of all periods that a page compares, each with its slice in place of its day
--
-- question: Which requests can be added up before it is known which two periods are compared?
-- assumes: a slice is the days that the same periods hold, so that each period is whole slices.

select
    priced.*,
    null::boolean as in_later,
    slices.slice as day_number
from priced
inner join slices on slices.day = priced.by_day
