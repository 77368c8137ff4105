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

with sessions as (
    select
        session_id, count(*) as records, sum(prompt_tokens) as prompt_tokens, sum(output_tokens) as output_tokens
    from priced
    where session_id is not null and ts is not null and output_tokens > 0
    group by session_id
    having count(*) > 1
),

counted as (
    select
        priced.request_id, priced.session_id, priced.ts, priced.output_tokens,
        to_milliseconds(greatest(coalesce(priced.latency_ms, 0), 0)::bigint) as lasts,
        priced.prompt_tokens
    from priced
    inner join sessions on sessions.session_id = priced.session_id
    where priced.ts is not null and priced.output_tokens > 0
),

-- the sessions in which a record begins while another runs: elsewhere nothing is inside anything
busy as (
    select distinct session_id
    from (
        select session_id, lead(ts) over (partition by session_id order by ts) <= ts + lasts as holds_the_next from counted
    ) as followed
    where holds_the_next
),

crowded as (
    select counted.* from counted inner join busy on busy.session_id = counted.session_id
),

-- each record begins, which adds its tokens, and ends: what its session has had since it began until it ends is inside it
moments as (
    select session_id, request_id, ts as moment, 0 as is_end, prompt_tokens, output_tokens from crowded
    union all
    select session_id, request_id, ts + lasts as moment, 1 as is_end, 0 as prompt_tokens, 0 as output_tokens from crowded
),

so_far as (
    select
        request_id, is_end,
        sum(prompt_tokens) over until_then as prompt_tokens,
        sum(output_tokens) over until_then as output_tokens,
        sum(prompt_tokens) over just_then as added_prompt_tokens,
        sum(output_tokens) over just_then as added_output_tokens
    from moments
    window
        until_then as (partition by session_id order by moment, is_end),
        just_then as (partition by session_id, moment, is_end)
),

inside as (
    select
        request_id,
        sum(case when is_end = 1 then prompt_tokens else added_prompt_tokens - prompt_tokens end)::bigint as prompt_tokens,
        sum(case when is_end = 1 then output_tokens else added_output_tokens - output_tokens end)::bigint as output_tokens
    from so_far
    group by request_id
),

running as (
    select
        counted.*,
        sessions.records - 1 as others,
        sessions.prompt_tokens = 2 * counted.prompt_tokens and sessions.output_tokens = 2 * counted.output_tokens
            as is_rest,
        inside.prompt_tokens as inside_prompt_tokens,
        inside.output_tokens as inside_output_tokens
    from counted
    inner join sessions on sessions.session_id = counted.session_id
    left join inside on inside.request_id = counted.request_id
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
