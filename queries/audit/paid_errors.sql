-- paid-errors: failed requests that were billed
--
-- question: Which errors cost money, and how many were retried?
-- severity: warning
-- dollars: the cost of the failed requests, by the tokens in the log
-- advice: stream and keep partial answers, set timeouts longer than the usual answer, and back off before a retry
-- param minutes float = 10: minutes after an error within which the same prompt counts as a retry.
-- param examples int = 5: how many request ids to list.
-- assumes: tokens that a log counts for a failed request were billed; a request that was refused at once has none.
-- assumes: retries are recognised only where the log has a hash of the prompt.

with tried as (
    select
        request_id, calls, ts, status, cost_usd, prompt_hash, coalesce(feature, 'unattributed') as subject,
        epoch(lead(ts) over (partition by prompt_hash, feature order by ts, request_id)) - epoch(ts) as again_after_s
    from priced
    where
        status = 'error' and prompt_hash is null
        or prompt_hash in (select prompt_hash from priced where status = 'error' and cost_usd > 0)
)

select
    subject,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as cost_usd,
    count(case when prompt_hash is not null and again_after_s <= 60 * $minutes then 1 end) || ' retried within '
    || round($minutes)::bigint || ' minutes' as detail,
    list(request_id order by cost_usd desc, request_id)[1:$examples] as example_request_ids
from tried
where status = 'error' and cost_usd > 0
group by subject
order by cost_usd desc, subject
