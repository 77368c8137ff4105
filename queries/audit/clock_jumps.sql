-- clock-jumps: requests with an impossible time
--
-- question: Which requests are in the future, far from all others, earlier than what they answer, or end before they
--   begin?
-- severity: warning
-- dollars: the cost of these requests, which may be on the wrong day and at the wrong price
-- advice: correct the clock of the machine that writes the log; caches cannot be replayed with wrong times
-- param now text = none: the time after which the future begins, UTC; none: the clock of this machine.
-- param hours float = 24: hours by which a correct clock may be ahead (a local time read as UTC).
-- param gap_days int = 90: days without a request before and after a group that is far from all others.
-- param share float = 0.01: largest share of all requests, 0 to 1, that such a group may have.
-- param examples int = 5: how many request ids to list.
-- assumes: conversations grow: a request that is exactly the beginning of the previous one in its session, and that the
--   session had not sent before, was sent earlier.
-- assumes: the first token cannot come after the last, and neither can come before the request, apart from a second of
--   rounding.

with days as (
    select date_trunc('day', ts) as day, sum(calls) as requests from priced where ts is not null group by day
),

islands as (
    select day, requests, sum(case when gap > $gap_days then 1 else 0 end) over (order by day) as island
    from (
        select day, requests, date_diff('day', lag(day) over (order by day), day) as gap from days
    )
),

far as (
    select day
    from islands
    qualify sum(requests) over (partition by island) < $share * sum(requests) over ()
),

turns as (
    select
        request_id, session_id, ts, len(prefix) as blocks,
        lag(request_id) over so_far as request_before,
        lag(len(prefix)) over so_far as blocks_before
    from priced
    where session_id is not null and ts is not null and len(prefix) > 1
    window so_far as (partition by session_id order by ts, request_id)
),

shorter as (
    select
        turns.request_id, turns.session_id, turns.ts, sent.prefix[turns.blocks].hash as prompt,
        before.prefix[turns.blocks].hash as beginning_before
    from turns
    inner join priced as sent on sent.request_id = turns.request_id
    inner join priced as before on before.request_id = turns.request_before
    where turns.blocks < turns.blocks_before
),

backward as (
    select shorter.request_id
    from shorter
    where
        prompt = beginning_before
        and not exists (
            from priced as earlier
            where
                earlier.session_id = shorter.session_id
                and earlier.ts < shorter.ts
                and earlier.prefix[len(earlier.prefix)].hash = shorter.prompt
        )
),

judged as (
    select
        request_id, calls, cost_usd, ts,
        case
            when ts > coalesce($now::timestamp, current_localtimestamp()) + to_seconds($hours * 3600)
                then 'in the future'
            when date_trunc('day', ts) in (select day from far) then 'far from all others'
            when latency_ms < 0 or ttft_ms < 0 or ttft_ms > latency_ms + 1000 then 'ends before it begins'
            when request_id in (select request_id from backward) then 'before what it answers'
        end as subject
    from priced
)

select
    subject,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as cost_usd,
    case
        when min(ts) = max(ts) then local_time(min(ts))::varchar
        else local_time(min(ts))::varchar || ' to ' || local_time(max(ts))::varchar
    end as detail,
    list(request_id order by ts, request_id)[1:$examples] as example_request_ids
from judged
where subject is not null
group by subject
order by cost_usd desc nulls last, subject
