-- batches: the batches that moved requests fill
--
-- question: How many batches does the moved traffic need, and when do the answers arrive?
-- param window_s float(1, inf) = 3600: seconds for which requests are collected into one batch.
-- assumes: requests of one provider and model that arrive within a window share a batch, up to the provider's limits:
--   100,000 requests or 256 MB at Anthropic, 50,000 or 200 MB at OpenAI; none are assumed at Google.
-- assumes: a request takes four bytes per prompt token; the JSON around it is not counted.
-- assumes: a request waits until the end of its window, or for a whole window where its time is unknown; then half of
--   the answers arrive within 7 minutes, nine in ten within the hour and all within 24 hours, logarithmic in time
--   between these points and evenly below 7 minutes.

with moved as (
    select
        after.calls,
        after.provider,
        after.model,
        prompt_tokens(after) as prompt_tokens,
        floor(epoch(after.ts) / $window_s) as window_number,
        -- the wait until the batch is sent, rounded to 1/120 of the window
        coalesce(floor((1 - epoch(after.ts) / $window_s + floor(epoch(after.ts) / $window_s)) * 120), 120) as wait
    from before
    inner join after using (request_id)
    where after.service_tier = 'batch' and before.service_tier <> 'batch'
),

filled as (
    select
        sum(calls) as requests,
        greatest(
            ceil(sum(calls) / case provider when 'anthropic' then 100000.0 when 'openai' then 50000.0 else 1e18 end),
            ceil(
                4.0 * sum(prompt_tokens)
                / case provider when 'anthropic' then 256e6 when 'openai' then 200e6 else 1e18 end
            )
        ) as batches
    from moved
    group by provider, model, window_number
),

delays as (
    -- a thousand answers by the providers' distribution, in minutes after the batch was sent
    select
        case
            when share < 0.5 then 14 * share
            when share < 0.9 then 7 * pow(60 / 7.0, (share - 0.5) / 0.4)
            else 60 * pow(24, (share - 0.9) / 0.1)
        end as minutes
    from (select (unnest(range(1000)) + 0.5) / 1000 as share)
),

answered as (
    select
        minutes,
        sum(requests) over (order by minutes) / sum(requests) over () as share
    from (
        select least(wait + 0.5, 120) * $window_s / 7200 + delays.minutes as minutes, requests
        from (select wait, sum(calls) as requests from moved group by wait)
        cross join delays
    )
)

select
    sum(requests)::bigint as requests_moved,
    sum(batches)::bigint as batches,
    max(requests)::bigint as largest_window_requests,
    (select round(min(minutes), 1) from answered where share >= 0.5) as median_answer_after_minutes,
    (select round(min(minutes), 1) from answered where share >= 0.9) as nine_in_ten_answers_within_minutes,
    (select max(least(wait + 1, 120)) from moved) * $window_s / 7200 + 1440 as all_answers_within_minutes
from filled
having sum(requests) > 0
