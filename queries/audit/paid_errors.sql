-- paid-errors: failed requests that were paid for
--
-- question: Which errors cost money, and how many were tried again?
-- severity: warning
-- dollars: what the failed requests cost by the tokens that the log counts for them
-- advice: stream and keep what came, set timeouts above the answer's usual length, and back off before a retry
-- param minutes float = 10: how soon after an error the same prompt counts as a retry.
-- param examples int = 5: how many request ids to name.
-- assumes: tokens that a log counts for a failed request were billed; a request refused before it began counts none.
-- assumes: retries are known where the log holds a hash of the prompt.

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
    count(case when prompt_hash is not null and again_after_s <= 60 * $minutes then 1 end) || ' tried again within '
    || round($minutes)::bigint || ' minutes' as detail,
    list(request_id order by cost_usd desc, request_id)[1:$examples] as example_request_ids
from tried
where status = 'error' and cost_usd > 0
group by subject
order by cost_usd desc, subject
