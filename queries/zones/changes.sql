-- changes: when the clocks of a time zone change
--
-- question: From which moments on is the zone how far ahead of UTC?
-- param zone text = 'Europe/Berlin': the zone, by its name in the engine's table of zones.
-- param first text = '2026-01-01': the first moment that counts, UTC; the first row says how far ahead the zone is then.
-- param last text = '2027-01-01': the last one, UTC.
-- assumes: clocks change on whole minutes, at most once an hour.

with hours as (
    select unnest(generate_series($first::timestamp, $last::timestamp, interval 1 hour)) as ts
),

known as (
    select ts, date_diff('second', ts, timezone($zone, timezone('UTC', ts))) as seconds_ahead
    from hours
),

changed as (
    select *
    from (select ts, seconds_ahead, lag(seconds_ahead) over (order by ts) as seconds_before from known) as following
    where seconds_before is null or seconds_ahead <> seconds_before
),

minutes as (
    select ts as hour, seconds_ahead, unnest(generate_series(ts - interval 59 minute, ts, interval 1 minute)) as ts
    from changed
    where seconds_before is not null
)

select ts as since, seconds_ahead
from changed
where seconds_before is null
union all
select min(ts) as since, seconds_ahead
from minutes
where date_diff('second', ts, timezone($zone, timezone('UTC', ts))) = seconds_ahead
group by hour, seconds_ahead
order by since
