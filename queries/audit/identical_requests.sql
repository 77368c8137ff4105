-- identical-requests: the same prompt again within minutes
--
-- question: Which features ask the same model the same thing again shortly after it has been answered?
-- severity: info
-- dollars: what the repeats cost, that is all but the first of each
-- advice: cache answers (simulate response-caching says what that saves), or find the loop or double click behind them
-- param minutes float = 10: how soon after the last time a request counts as a repeat.
-- param examples int = 5: how many request ids to name.
-- assumes: requests are identical if their prompt_hash is, the hash of everything that decides the answer.
-- assumes: a request after an error is a retry and no repeat.

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
