-- compared: the requests of two periods, each with its period and its day
--
-- question: Which requests are compared, and on which day of its period is each?
-- param earlier_since text = '2026-09-01': the first moment of the earlier period, UTC.
-- param earlier_until text = '2026-10-01': the first moment after it, UTC.
-- param later_since text = '2026-10-01': the first moment of the later period, UTC.
-- param later_until text = '2026-11-01': the first moment after it, UTC.
-- assumes: a request without a time belongs to neither period.
-- assumes: days are counted from the beginning of a period, 24 hours each.

select
    *,
    ts >= $later_since::timestamp and ts < $later_until::timestamp as in_later,
    date_diff(
        'second',
        case
            when ts >= $later_since::timestamp and ts < $later_until::timestamp then $later_since::timestamp
            else $earlier_since::timestamp
        end,
        ts
    ) // 86400 as day_number
from requests
where
    (ts >= $earlier_since::timestamp and ts < $earlier_until::timestamp)
    or (ts >= $later_since::timestamp and ts < $later_until::timestamp)
