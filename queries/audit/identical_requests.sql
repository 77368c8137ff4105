-- identical-requests: the same prompt sent again within minutes
--
-- question: Which features send the same prompt to the same model again shortly after it was answered?
-- severity: info
-- dollars: the cost of the repeats: all requests except the first of each prompt
-- advice: cache answers (`simulate response-caching` shows the saving), or find the loop or double click that causes
--   them
-- param minutes float = 10: minutes after the previous request within which a request counts as a repeat.
-- param examples int = 5: how many request ids to list.
-- assumes: requests are identical if they have the same prompt_hash, the hash of everything that determines the answer.
-- assumes: a request after an error is a retry, not a repeat.

with asked as (
    select
        request_id, calls, coalesce(feature, 'unattributed') as subject, cost_usd, prompt_hash, ts,
        lag(ts) over (partition by prompt_hash, provider, model order by ts, request_id) as asked_before
    from priced
    where prompt_hash is not null and ts is not null and status = 'ok' and calls = 1
)

select
    subject,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as cost_usd,
    'repeats of ' || count(distinct prompt_hash) || ' prompts' as detail,
    list(request_id order by cost_usd desc nulls last, request_id)[1:$examples] as example_request_ids
from asked
where epoch(ts) - epoch(asked_before) <= 60 * $minutes
group by subject
order by cost_usd desc nulls last, subject
