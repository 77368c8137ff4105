-- truncated-answers: answers cut off at their cap
--
-- question: Which prompts pay for answers that stop in the middle?
-- severity: warning
-- dollars: the cost of these requests; all of it is lost if half an answer is useless
-- advice: raise the cap, or ask for a shorter answer; a cap does not make the model brief
-- param share float = 0.01: least share of a prompt's answers, 0 to 1, that are cut off.
-- param least_cap int = 16: tokens; a lower cap is meant to cut (a probe, a single label).
-- param examples int = 5: how many request ids to list.
-- assumes: a cap below 16 tokens is not meant for text: OpenAI's Responses API does not accept one.
-- assumes: an answer as long as its cap was cut off, if the log gives no stop reason.

with answers as (
    select
        request_id, calls, coalesce(prompt_id, feature, 'unattributed') as subject, cost_usd, max_output_tokens,
        coalesce(max_output_tokens, $least_cap) >= $least_cap and coalesce(
            is_cut_off(stop_reason),
            output_tokens >= max_output_tokens and calls = 1,
            false
        ) as is_cut
    from priced
    where status = 'ok'
)

select
    subject,
    sum(case when is_cut then calls end)::bigint as requests,
    exact_sum(case when is_cut then cost_usd end) as cost_usd,
    round(100.0 * sum(case when is_cut then calls end) / sum(calls), 1) || '% of its answers'
    || coalesce(', cap ' || median(case when is_cut then max_output_tokens end)::bigint || ' tokens', '') as detail,
    list(request_id order by cost_usd desc nulls last, request_id) filter (where is_cut)[1:$examples]
        as example_request_ids
from answers
group by subject
having sum(case when is_cut then calls end) >= $share * sum(calls)
order by cost_usd desc nulls last, subject
