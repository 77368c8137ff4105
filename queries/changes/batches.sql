-- batches: the batches that moved requests fill
--
-- question: How many batches does the moved traffic need, and when do the answers arrive?
-- reads: facts/batch_apis
-- param window_s float(1, inf) = 3600: seconds for which requests are collected into one batch.
-- assumes: requests of one provider and model that arrive within a window share a batch, up to the limits in
--   `queries/facts/batch_apis.toml`; a vendor without a limit there has none.
-- assumes: a request takes four bytes per prompt token; the JSON around it is not counted.
-- assumes: a request waits until the end of its collection window, or for a whole one where its time is unknown; then
--   half of the answers arrive within 7 minutes, nine in ten within the hour and all within the vendor's window (24
--   hours where it is unknown), logarithmic in time between these points and evenly below 7 minutes.

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

apis as (
    select provider, model, max_requests, max_bytes, coalesce(window_hours, 24) as window_hours
    from (
        select
            used.provider, used.model, batch_apis.max_requests, batch_apis.max_bytes, batch_apis.window_hours,
            row_number() over (partition by used.provider, used.model order by batch_apis.place) as nearest
        from (select distinct provider, model from moved) as used
        inner join batch_apis on is_about(batch_apis, used.provider, used.model)
    )
    where nearest = 1
),

filled as (
    select
        sum(calls) as requests,
        greatest(
            ceil(sum(calls) / coalesce(any_value(max_requests), 1e18)),
            ceil(4.0 * sum(prompt_tokens) / coalesce(any_value(max_bytes), 1e18))
        ) as batches
    from moved
    left join apis on apis.provider is not distinct from moved.provider and apis.model is not distinct from moved.model
    group by moved.provider, moved.model, window_number
),

waits as (
    select wait, coalesce(window_hours, 24) as window_hours, sum(calls) as requests
    from moved
    left join apis on apis.provider is not distinct from moved.provider and apis.model is not distinct from moved.model
    group by wait, coalesce(window_hours, 24)
),

-- a thousand answers of the providers' distribution
parts as (select (place + 0.5) / 1000 as come_share from (select unnest(range(0, 1000)) as place)),

answered as (
    select
        minutes,
        sum(requests) over (order by minutes) / sum(requests) over () as share
    from (
        select
            least(wait + 0.5, 120) * $window_s / 7200 + batch_delay_minutes(come_share, window_hours) as minutes,
            requests
        from waits
        cross join parts
    )
)

select
    sum(requests)::bigint as requests_moved,
    sum(batches)::bigint as batches,
    max(requests)::bigint as largest_window_requests,
    (select round(min(minutes), 1) from answered where share >= 0.5) as median_answer_after_minutes,
    (select round(min(minutes), 1) from answered where share >= 0.9) as nine_in_ten_answers_within_minutes,
    (select max(least(wait + 1, 120) * $window_s / 7200 + 60 * window_hours) from waits) as all_answers_within_minutes
from filled
having sum(requests) > 0
