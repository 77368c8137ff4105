-- recached: the prompts whose prompt cache a step changes
--
-- question: How many requests of each prompt read or write another part of it than before?

select
    before.provider,
    before.model,
    prompt_of(before) as prompt,
    sum(before.calls)::bigint as changed_requests
from before
inner join after on after.request_id = before.request_id
where
    after.input_tokens <> before.input_tokens
    or after.cache_read_tokens <> before.cache_read_tokens
    or after.cache_write_5m_tokens <> before.cache_write_5m_tokens
    or after.cache_write_1h_tokens <> before.cache_write_1h_tokens
group by before.provider, before.model, prompt
order by before.provider, before.model, prompt
