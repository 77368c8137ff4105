-- uncached: requests as billed without a prompt cache
--
-- question: How many tokens would the requests have, had no prompt cache read or written any?

select
    * replace (
        prompt_tokens(requests) as input_tokens,
        0::bigint as cache_read_tokens,
        0::bigint as cache_write_5m_tokens,
        0::bigint as cache_write_1h_tokens
    )
from requests
