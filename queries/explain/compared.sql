-- compared: the requests of two periods, each with its period and its day
--
-- question: Which requests are compared, and on which day of its period is each?
-- param earlier_since text = '2026-09-01': what a clock shows when the earlier period begins.
-- param earlier_until text = '2026-10-01': what it shows when that has ended.
-- param later_since text = '2026-10-01': the same for the later period.
-- param later_until text = '2026-11-01': the same for its end.
-- assumes: a request without a time belongs to neither period.
-- assumes: days are counted from the beginning of a period, each as long as a clock takes to show the same time again.

select
    *,
    local_time(ts) >= $later_since::timestamp and local_time(ts) < $later_until::timestamp as in_later,
    date_diff(
        'second',
        case
            when local_time(ts) >= $later_since::timestamp and local_time(ts) < $later_until::timestamp
                then $later_since::timestamp
            else $earlier_since::timestamp
        end,
        local_time(ts)
    ) // 86400 as day_number
from requests
where
    (local_time(ts) >= $earlier_since::timestamp and local_time(ts) < $earlier_until::timestamp)
    or (local_time(ts) >= $later_since::timestamp and local_time(ts) < $later_until::timestamp)
