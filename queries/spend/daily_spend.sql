-- daily-spend: spend by day, feature and user
--
-- question: What was spent each day, by feature and user, and how much of it after a time of the day?
-- param second_of_day int = 86400: seconds that a clock shows since midnight; later_usd is what was spent after it.
-- assumes: a request without a price counts in unpriced_requests and in no dollars.

select
    local_time(ts)::date as day,
    coalesce(feature, 'unattributed') as feature,
    user_id,
    coalesce(exact_sum(cost_usd), 0) as spent_usd,
    coalesce(exact_sum(
        case when date_diff('second', local_time(ts)::date, local_time(ts)) > $second_of_day then cost_usd end
    ), 0) as later_usd,
    sum(calls)::bigint as requests,
    unpriced_calls(priced) as unpriced_requests
from priced
where ts is not null
group by local_time(ts)::date, coalesce(feature, 'unattributed'), user_id
