-- writes-as-told: replayed cache writes, where the log records writes at all
--
-- question: Which tokens would have been written to a cache, as far as this log records writes separately?
-- assumes: relation logged holds the same requests as logged; where a model never writes in it, writes become plain
--   input.

select
    requests.* replace (
        case when told.model is null then input_tokens + written_tokens(requests) else input_tokens
        end as input_tokens,
        case when told.model is null then 0 else cache_write_5m_tokens end as cache_write_5m_tokens,
        case when told.model is null then 0 else cache_write_1h_tokens end as cache_write_1h_tokens
    )
from requests
left join (select model from logged group by model having sum(cache_write_tokens) > 0) as told
    on told.model = requests.model
