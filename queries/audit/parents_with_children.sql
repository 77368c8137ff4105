-- parents-with-children: records that are the sum of other records
--
-- question: Which requests are totals of other requests that are counted as well?
-- severity: critical
-- dollars: what these totals add to the bill a second time
-- advice: ingest either the calls or the records around them; where the tracer allows it, remove usage from the outer
--   spans
-- param least_output_tokens int = 16: output tokens from which a single matching record is not a coincidence.
-- param examples int = 5: how many request ids to list.
-- assumes: a record is a sum if its prompt and output tokens are exactly those of two or more others of its session
--   that begin and end while it runs (to a second), or of all others of its session.
-- assumes: the same holds for a single other record, unless it is very short or both have the same prompt, which is a
--   repeated request.
-- assumes: records without output are not answers and are ignored.
-- assumes: records that name their parent are handled during ingestion; this finds those that name none.

with counted as (
    select
        request_id, session_id, ts, output_tokens,
        to_milliseconds(greatest(coalesce(latency_ms, 0), 0)::bigint) as lasts,
        prompt_tokens
    from priced
    where session_id is not null and ts is not null and output_tokens > 0
),

sessions as (
    select
        session_id, count(*) as records, sum(prompt_tokens) as prompt_tokens, sum(output_tokens) as output_tokens
    from counted
    group by session_id
    having count(*) > 1
),

running as (
    select
        counted.*,
        sessions.records - 1 as others,
        sessions.prompt_tokens = 2 * counted.prompt_tokens and sessions.output_tokens = 2 * counted.output_tokens
            as is_rest,
        sum(counted.prompt_tokens) over inside as inside_prompt_tokens,
        sum(counted.output_tokens) over inside as inside_output_tokens
    from counted
    inner join sessions on sessions.session_id = counted.session_id
    window inside as (
        partition by counted.session_id
        order by counted.ts range between interval 0 second preceding and lasts following
    )
),

alike as (
    select * from running
    where
        (is_rest and others > 1)
        or (inside_prompt_tokens = 2 * prompt_tokens and inside_output_tokens = 2 * output_tokens)
),

held as (
    -- the other records that run during such a record
    select
        alike.request_id,
        count(*) as inside,
        max(counted.ts + counted.lasts) <= max(alike.ts + alike.lasts) + interval 1 second as ends_last,
        bool_and(coalesce(child.prompt_hash = own.prompt_hash, false)) as asks_the_same
    from alike
    inner join counted
        on counted.session_id = alike.session_id
        and counted.request_id <> alike.request_id
        and counted.ts between alike.ts and alike.ts + alike.lasts
    inner join priced as child on child.request_id = counted.request_id
    inner join priced as own on own.request_id = alike.request_id
    group by alike.request_id
)

select
    coalesce(priced.feature, priced.session_id) as subject,
    sum(priced.calls)::bigint as requests,
    exact_sum(priced.cost_usd) as cost_usd,
    'the largest is the sum of ' || max(case when alike.is_rest then alike.others else held.inside end)
    || ' others in its session' as detail,
    list(priced.request_id order by priced.cost_usd desc nulls last, priced.request_id)[1:$examples]
        as example_request_ids
from alike
inner join priced on priced.request_id = alike.request_id
left join held on held.request_id = alike.request_id
where
    (alike.is_rest and alike.others > 1)
    or (
        held.ends_last
        and (held.inside > 1 or (alike.output_tokens >= $least_output_tokens and not held.asks_the_same))
    )
group by coalesce(priced.feature, priced.session_id)
order by cost_usd desc nulls last, subject
