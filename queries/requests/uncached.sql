-- uncached: requests as they would be billed without a prompt cache
--
-- question: What would the requests have been, in tokens, had no prompt cache read or written any?

select
    * replace (
        prompt_tokens(requests) as input_tokens,
        0::bigint as cache_read_tokens,
        0::bigint as cache_write_5m_tokens,
        0::bigint as cache_write_1h_tokens
    )
from requests
