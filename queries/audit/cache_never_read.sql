-- cache-never-read: prompt cache writes that cost more than their reads saved
--
-- question: Where did the prompt cache cost more than it saved?
-- severity: warning
-- dollars: the cost of the writes above plain input, minus what reads saved: the loss compared with no cache
-- advice: look for a part that varies at the top of the prompt (a time, an id), or stop caching prompts that are sent
--   once
-- reads: prompt_caching/losing_days
-- param least_writes int = 2: requests that write in a day; nothing can read a single one.
-- param examples int = 5: how many request ids to list.
-- assumes: each day is judged separately, by prompt (or feature) and model: a day with a gain does not hide a day with
--   a loss.

select
    subject,
    sum(requests)::bigint as requests,
    exact_sum(cost_usd) as cost_usd,
    format('{:,} tokens written, {:,} read', sum(cache_write_tokens)::bigint, sum(cache_read_tokens)::bigint)
    || case when count(*) = 1 then ', on ' else ', on ' || count(*) || ' days, most on ' end
    || coalesce(arg_max(day, cost_usd)::varchar, 'an unknown day') || ', by ' || model as detail,
    flatten(list(request_ids order by cost_usd desc, day))[1:$examples] as example_request_ids
from losing_days
group by subject, model
order by cost_usd desc, subject, model
