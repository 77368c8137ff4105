-- parents-with-children: records that hold the sum of other records
--
-- question: Which requests are totals of requests that are counted too?
-- severity: critical
-- dollars: what the records that are sums add to the bill a second time
-- advice: ingest either the calls or what wraps them; where the tracer can, take usage off the wrapping spans
-- param least_output_tokens int = 16: tokens of output from which one other record with the same counts is no chance.
-- param examples int = 5: how many request ids to name.
-- assumes: a record is a sum if its prompt and output tokens are exactly those of two or more others of its session
--   that begin and end while it runs (to a second), or of all others of its session.
-- assumes: so too of a single one, unless it is very short or both hold the same prompt: that is a repeated request.
-- assumes: records without any output are no answers and left out.
-- assumes: records that name the one above them are told apart at ingestion already; this finds those that name none.

with counted as (
    select
        request_id, calls, coalesce(feature, session_id) as subject, cost_usd, session_id, ts, prompt_hash,
        to_milliseconds(greatest(coalesce(latency_ms, 0), 0)::bigint) as lasts,
        input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens as prompt_tokens,
        output_tokens
    from priced
    where session_id is not null and ts is not null and output_tokens > 0
),

summed as (
    select
        *,
        count(*) over inside - 1 as inside,
        sum(prompt_tokens) over inside - prompt_tokens as inside_prompt_tokens,
        sum(output_tokens) over inside - output_tokens as inside_output_tokens,
        max(ts + lasts) over inside <= ts + lasts + interval 1 second as holds_them,
        coalesce(prompt_hash = min(prompt_hash) over inside and prompt_hash = max(prompt_hash) over inside, false)
        and count(prompt_hash) over inside = count(*) over inside as asks_the_same,
        count(*) over whole - 1 as others,
        sum(prompt_tokens) over whole - prompt_tokens as others_prompt_tokens,
        sum(output_tokens) over whole - output_tokens as others_output_tokens
    from counted
    window
        inside as (partition by session_id order by ts range between interval 0 second preceding and lasts following),
        whole as (partition by session_id)
)

select
    subject,
    sum(calls)::bigint as requests,
    sum(cost_usd::decimal(38, 15))::double as cost_usd,
    'the widest sums up ' || max(case when inside_prompt_tokens = prompt_tokens then inside else others end)
    || ' others of its session' as detail,
    list(request_id order by cost_usd desc nulls last, request_id)[1:$examples] as example_request_ids
from summed
where
    (
        inside_prompt_tokens = prompt_tokens
        and inside_output_tokens = output_tokens
        and holds_them
        and (inside > 1 or (output_tokens >= $least_output_tokens and not asks_the_same))
    )
    or (others > 1 and others_prompt_tokens = prompt_tokens and others_output_tokens = output_tokens)
group by subject
order by cost_usd desc nulls last, subject
