-- response-caching: requests that repeat exactly are answered from a cache
--
-- question: What would a cache of answers, keyed by the whole prompt, have saved?
-- neutral: ttl=0
-- order: 10
-- needs: ts is not null and prompt_hash is not null and ($scope = 'shared' or user_id is not null): a time and a hash of
--   its whole prompt (and, for scope=user, a user)
-- low: latency_ms=30000,differing=doubted
-- high: latency_ms=300,differing=served
-- grid: ttl=1h
-- grid: ttl=1d
-- param ttl text = 1h: life of an answer from the moment it is stored; seconds, or like 15m, 1h, 7d; none never ends, 0
--   stores nothing and so changes nothing.
-- param refresh bool = false: whether a hit starts the answer's life anew.
-- param scope choice(shared, user) = shared: whether one user may get an answer that another asked for.
-- param capacity int(0, inf) = none: answers held at a time, the least recently used gives way; none is without limit.
-- param latency_ms float(0, inf) = none: milliseconds from request to answer where the log has none; none is the median of
--   those it has, or 3000.
-- param differing choice(served, asked, doubted) = served: what becomes of a hit whose cached answer the log shows to be
--   another than the model's own; asked has the model asked again, since the user is not content with
--   it, and doubted also where nothing shows whether it is.
-- assumes: two prompts are the same if their prompt_hash is, the hash of everything that decides the answer; a request
--   without one is never a hit, nor is one without a user where scope=user.
-- assumes: an answer can be read once it has been generated (ts + latency; where the log has none the median of those
--   it has, else 3 s, 100 tokens at 30 ms; at the ends 1,000 and 10 of them), out of a batch of unknown latency after
--   25 hours, so that requests in parallel all miss; its life begins then, as with Redis SETEX, and a later answer
--   replaces it.
-- assumes: any answer to the same prompt will do; at the low end only one that the log shows to be the model's own, word
--   for word, so none where it holds no answers. That is no idle doubt: in one agent's log with answers 580 of 746 inputs
--   repeat, but only in 2 of 55 groups of the same prompt were the answers equal.
-- assumes: an answer that is asked for again is paid in full, and the cache keeps the one it has.
-- assumes: errors are never stored; a hit costs nothing and takes no time.
-- assumes: the cache stands before a cascade: it holds the answer that a request ended with, once its last try is there,
--   and a hit saves both tries; a first try is neither stored nor answered on its own.
-- then: served
-- kernel: response_caching

select
    requests.*,
    hits.cached_answer as hit_answer,
    hits.answered_from as hit_from,
    1::double as hit_similarity
from requests
left join replayed as hits on hits.request_id = coalesce(added_to, requests.request_id)
