-- identical-requests: the same prompt sent again within minutes
--
-- question: Which features send the same prompt to the same model again shortly after it was answered?
-- severity: info
-- dollars: the cost of the repeats, without those that the log shows to have got another answer
-- advice: cache answers (`simulate response-caching` shows the saving), or find the loop or double click that causes
--   them
-- param minutes float = 10: minutes after the previous request within which a request counts as a repeat.
-- param examples int = 5: how many request ids to list.
-- assumes: requests are identical if they have the same prompt_hash, the hash of everything that determines the answer.
-- assumes: a request after an error is a retry, not a repeat.
-- assumes: a repeat whose answer is logged and differs from the logged answer before it was worth asking; where one of the
--   two is missing or empty, it counts as a repeat, so that the dollars are the most that can be saved.

with asked as (
    select
        request_id, calls, coalesce(feature, 'unattributed') as subject, cost_usd, prompt_hash, ts,
        case when output_tokens > 0 then output_hash end as answer,
        lag(ts) over earlier as asked_before,
        lag(case when output_tokens > 0 then output_hash end) over earlier as answered_before
    from priced
    where prompt_hash is not null and ts is not null and status = 'ok' and calls = 1
    window earlier as (partition by prompt_hash, provider, model order by ts, request_id)
)

select
    subject,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as cost_usd,
    'repeats of ' || count(distinct prompt_hash) || case when count(distinct prompt_hash) = 1 then ' prompt' else ' prompts' end
    || case
        when count(*) > count(case when answer = answered_before then 1 end)
            then ', ' || (count(*) - count(case when answer = answered_before then 1 end)) || ' without both answers in the log'
        else ''
    end as detail,
    list(request_id order by cost_usd desc nulls last, request_id)[1:$examples] as example_request_ids
from asked
where epoch(ts) - epoch(asked_before) <= 60 * $minutes and (answer = answered_before) is distinct from false
group by subject
order by cost_usd desc nulls last, subject
