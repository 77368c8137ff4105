-- repriced: the compared requests at the prices of the other period
--
-- question: What would each request have cost at the other period's price of its model?
-- param earlier_since text = '2026-09-01': what a clock shows when the earlier period begins.
-- param earlier_until text = '2026-10-01': what it shows when that has ended.
-- param later_since text = '2026-10-01': the same for the later period.
-- param later_until text = '2026-11-01': the same for its end.
-- assumes: a request pays the price of the day at the same relative position in the other period, so that a price
--   change within a period is weighted by the requests before and after it.
-- assumes: only models with a price change between the first and the last moment can differ.

with ends as (
    select
        epoch_us($earlier_since::timestamp) as earlier_since,
        epoch_us($earlier_until::timestamp) as earlier_until,
        epoch_us($later_since::timestamp) as later_since,
        epoch_us($later_until::timestamp) as later_until
),

changing as (
    select distinct provider, model
    from prices
    where
        valid_from > least($earlier_since::timestamp, $later_since::timestamp)
        and valid_from < greatest($earlier_until::timestamp, $later_until::timestamp)
)

select
    requests.* replace (
        make_timestamp((
            case
                when in_later
                    then earlier_since
                        + (epoch_us(local_time(ts)) - later_since) * ((earlier_until - earlier_since) / (later_until - later_since))
                else later_since
                    + (epoch_us(local_time(ts)) - earlier_since) * ((later_until - later_since) / (earlier_until - earlier_since))
            end
        )::bigint)::date as priced_on
    )
from requests
cross join ends
inner join changing
    on changing.model = requests.model
    and changing.provider is not distinct from requests.provider
