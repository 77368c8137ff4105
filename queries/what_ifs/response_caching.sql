-- response-caching: exact repeats are answered from a cache
--
-- question: What would a cache of answers, keyed by the whole prompt, have saved?
-- neutral: ttl=0
-- order: 10
-- needs: ts is not null and prompt_hash is not null and ($scope = 'shared' or user_id is not null): a time and a hash
--   of its whole prompt (and, for scope=user, a user)
-- low: latency_ms=30000,differing=doubted
-- high: latency_ms=300,differing=asked
-- grid: ttl=1h
-- grid: ttl=1d
-- param ttl text = 1h: life of an answer after it is stored; seconds, or like 15m, 1h, 7d; none never ends, 0 stores
--   nothing and changes nothing.
-- param refresh bool = false: whether a hit restarts the answer's life.
-- param scope choice(shared, user) = shared: whether users may share answers.
-- param capacity int(0, inf) = none: largest number of stored answers, the least recently used is dropped; none is
--   unlimited.
-- param latency_ms float(0, inf) = none: milliseconds from request to answer where the log has none; none: the median
--   of those it has, or 3000.
-- param differing choice(served, asked, doubted) = asked: what happens to a hit whose cached answer differs from the
--   logged one; asked calls the model again, because the user is not satisfied with it; doubted also does so where the
--   log does not show whether it differs; served gives it out, as if any answer were acceptable.
-- assumes: two prompts are the same if they have the same prompt_hash, the hash of everything that determines the
--   answer; a request without one is never a hit, nor is one without a user if scope=user.
-- assumes: an answer can be read once it has been generated: ts + latency. Where the log has no latency, it is the
--   median of those it has, else 3 s (100 tokens at 30 ms; 10 and 1,000 tokens at the ends of the range), or 25 hours
--   for a batch, so that parallel requests all miss. The life starts then, as with Redis SETEX, and a later answer
--   replaces it.
-- assumes: a cached answer is acceptable unless the log shows that the model gave another one; at the low end only if
--   the log shows that it is identical, so never if the log has no answers. This matters: in one agent's log with
--   answers, 580 of 746 inputs repeat, but only 2 of 55 groups of the same prompt had equal answers.
-- assumes: two empty answers are no evidence that a cached answer is right.
-- assumes: a request that is asked again is paid in full, and the cache keeps its answer.
-- assumes: errors are never stored; a hit is free and takes no time.
-- assumes: the cache is in front of a cascade: it stores the answer that a request ended with, after its last try, and
--   a hit saves both tries; a first try is neither stored nor answered separately.
-- then: served
-- kernel: response_caching

select
    requests.*,
    hits.cached_answer as hit_answer,
    hits.answered_from as hit_from,
    1::double as hit_similarity
from requests
left join replayed as hits on hits.request_id = coalesce(added_to, requests.request_id)
