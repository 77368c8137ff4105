-- logged-twice: the same call in the logs of two programs
--
-- question: Which calls are in two kinds of log, under different ids?
-- severity: critical
-- dollars: the cost of the second records
-- advice: ingest only one of the two logs
-- param seconds float = 5: largest difference between the two start times.
-- param least_output_tokens int = 16: shorter answers can match by chance.
-- param examples int = 5: how many request ids to list.
-- assumes: two records are the same call if model, prompt tokens and output tokens are equal, the formats differ, and
--   they began within seconds of each other.

with neighbours as (
    select
        request_id, calls, source_format, cost_usd, ts,
        lag(source_format) over same as earlier_format,
        lag(ts) over same as earlier_ts
    from priced
    where
        ts is not null and calls = 1 and output_tokens >= $least_output_tokens
        and (select count(distinct source_format) from priced) > 1
    window same as (partition by model, prompt_tokens, output_tokens order by ts, request_id)
)

select
    earlier_format || ' and ' || source_format as subject,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as cost_usd,
    'the same model, prompt tokens and output tokens within ' || round($seconds)::bigint || ' s' as detail,
    list(request_id order by cost_usd desc nulls last, request_id)[1:$examples] as example_request_ids
from neighbours
where earlier_format <> source_format and epoch(ts) - epoch(earlier_ts) <= $seconds
group by earlier_format, source_format
order by cost_usd desc nulls last, subject
