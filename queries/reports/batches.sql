-- batches: the batches that requests fill which move to a batch API
--
-- question: How many batches does the moved traffic need, and when do its answers come?
-- param window_s float(1, inf) = 3600: seconds for which requests are collected into one batch.
-- assumes: requests of one provider and model that arrive within a window go into one batch, as far as the provider's
--   limits let them: 100,000 requests or 256 MB at Anthropic, 50,000 or 200 MB at OpenAI; Google's are taken to be none.
-- assumes: a request takes four bytes a token of its prompt, without what JSON adds.
-- assumes: a request waits half of the window on average, then 7 minutes in the median; nine in ten of the answers come
--   within the hour, all within 24 hours.

with filled as (
    select
        sum(after.calls) as requests,
        greatest(
            ceil(
                sum(after.calls)
                / case after.provider when 'anthropic' then 100000.0 when 'openai' then 50000.0 else 1e18 end
            ),
            ceil(
                4.0 * sum(after.input_tokens + after.cache_read_tokens + after.cache_write_5m_tokens
                    + after.cache_write_1h_tokens)
                / case after.provider when 'anthropic' then 256e6 when 'openai' then 200e6 else 1e18 end
            )
        ) as batches
    from before
    inner join after using (request_id)
    where after.service_tier = 'batch' and before.service_tier != 'batch'
    group by after.provider, after.model, floor(epoch(after.ts) / $window_s)
)

select
    sum(requests)::bigint as requests_moved,
    sum(batches)::bigint as batches,
    max(requests)::bigint as largest_window_requests,
    $window_s / 120 + 7 as median_answer_after_minutes,
    $window_s / 60 + 60 as nine_in_ten_answers_within_minutes,
    $window_s / 60 + 1440 as all_answers_within_minutes
from filled
having sum(requests) > 0
