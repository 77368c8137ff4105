-- daily-spend: what each feature and user spent on each day
--
-- question: What was spent each day, by feature and user, and what of it after this time of the day?
-- param second_of_day int = 86400: seconds since midnight, UTC; what a day spent after it stands in later_usd.
-- assumes: days are UTC; a request without a price adds to unpriced_requests and to nothing that counts dollars.

select
    ts::date as day,
    coalesce(feature, 'unattributed') as feature,
    user_id,
    coalesce(sum(cost_usd::decimal(38, 15)), 0)::double as spent_usd,
    coalesce(
        sum(cost_usd::decimal(38, 15)) filter (where hour(ts) * 3600 + minute(ts) * 60 + second(ts) > $second_of_day), 0
    )::double as later_usd,
    sum(calls)::bigint as requests,
    coalesce(sum(calls) filter (where cost_usd is null), 0)::bigint as unpriced_requests
from priced
where ts is not null
group by ts::date, coalesce(feature, 'unattributed'), user_id
