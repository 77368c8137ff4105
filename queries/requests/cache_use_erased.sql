-- cache-use-erased: requests as if the log had not recorded the prompt cache
--
-- question: What would be known of requests in sessions that used a prompt cache, had its reads and writes not been
--   logged?
-- assumes: the life of an entry is a setting of the client: one token stays in its bucket to show which life it was.

select
    * replace (
        prompt_tokens(requests) - (cache_write_5m_tokens > 0)::bigint - (cache_write_1h_tokens > 0)::bigint as input_tokens,
        0::bigint as cache_read_tokens,
        (cache_write_5m_tokens > 0)::bigint as cache_write_5m_tokens,
        (cache_write_1h_tokens > 0)::bigint as cache_write_1h_tokens
    )
from requests
qualify
    sum(cached_tokens(requests)) over (partition by provider, model, coalesce(session_id, prompt_id, feature)) > 0
    and ts is not null
    and status = 'ok'
    and calls = 1
    and (len(prefix) > 0 or session_id is not null)
