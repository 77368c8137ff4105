-- Requests of another store that no ingest writes: their counts, costs or times are outside what normalise.sql accepts.

select count(*) as requests
from other_requests
where
    least(
        input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
        coalesce(reasoning_tokens, 0), coalesce(input_audio_tokens, 0), coalesce(input_image_tokens, 0),
        coalesce(input_video_tokens, 0), coalesce(cache_read_audio_tokens, 0), coalesce(cache_read_image_tokens, 0),
        coalesce(output_audio_tokens, 0), coalesce(output_image_tokens, 0), coalesce(output_video_tokens, 0),
        web_searches, coalesce(list_min(map_values(tools)), 0), calls - 1, requests_answered
    ) < 0
    or greatest(calls, web_searches, coalesce(list_max(map_values(tools)), 0), requests_answered) > 1000000000
    or greatest(
        input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
        coalesce(reasoning_tokens, 0)
    ) > 100000000 * calls
    or abs(cost_logged_usd) > 1e9 or not isfinite(cost_logged_usd)
    or cost_override_usd is not null
    or ts < timestamp '1970-01-01' or ts > timestamp '2101-01-01' or not isfinite(ts)
    or latency_ms not between 0 and 31622400000 or ttft_ms not between 0 and 31622400000
