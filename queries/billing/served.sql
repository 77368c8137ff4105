-- served: requests that a cache of answers has answered
--
-- question: How is a request billed whose answer is in a cache?
-- param differing choice(served, asked, doubted) = asked: what happens to a hit whose cached answer differs from the
--   logged one; asked calls the model again, doubted also does so where the log does not show it.
-- assumes: an answer from the cache is free and takes no time; a call to the model costs what it did.

with judged as (
    select
        *,
        hit_answer is not null
        and ($differing = 'served' or hit_answer = 'same' or ($differing = 'asked' and hit_answer = 'unknown')) as served
    from decided
)

select
    * exclude (hit_answer, hit_from, hit_similarity, served) replace (
        case when served then 0 else input_tokens end as input_tokens,
        case when served then 0 else cache_read_tokens end as cache_read_tokens,
        case when served then 0 else cache_write_5m_tokens end as cache_write_5m_tokens,
        case when served then 0 else cache_write_1h_tokens end as cache_write_1h_tokens,
        case when served then 0 else output_tokens end as output_tokens,
        case when served and reasoning_tokens is not null then 0 else reasoning_tokens end as reasoning_tokens,
        case when served then 0 else web_searches end as web_searches,
        case when served then null else tools end as tools,
        case when served then 'ok' else status end as status,
        case when served then 0 else latency_ms end as latency_ms,
        case when served then 0 else ttft_ms end as ttft_ms,
        case when served then 0 else cost_override_usd end as cost_override_usd,
        case when served then 'cache' else answered_by end as answered_by,
        case when served then hit_from else answered_from end as answered_from,
        case when served then hit_similarity else answer_similarity end as answer_similarity,
        case when served then hit_answer else cached_answer end as cached_answer,
        case when served then 0 else requests_answered end as requests_answered
    )
from judged
