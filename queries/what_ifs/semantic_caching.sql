-- semantic-caching: requests that mean the same are answered from a cache
--
-- question: What would a cache that compares prompts by meaning have saved, and how often would it have been wrong?
-- neutral: ttl=0
-- order: 20
-- needs: ts is not null and prompt_hash is not null and ($scope = 'shared' or user_id is not null): a time and a hash of
--   its whole prompt (and, for scope=user, a user)
-- low: threshold=0.92,latency_ms=30000,differing=doubted
-- high: threshold=0.84,latency_ms=300,differing=served
-- grid: threshold=0.88
-- param threshold float(0, 2) = 0.88: least cosine of two prompts that may share an answer; above 1 only repetitions do.
-- param margin float(0, 2) = 0.02: least lead, in cosine, of the nearest stored prompt over the next one; below it
--   the request could mean either and is no hit.
-- param vetoes bool = true: whether prompts must agree in numbers, dates, negation, opposites, names and word order.
-- param ttl text = 1h: life of an answer from the moment it is stored, not extended by a hit; seconds, or like 15m, 1h,
--   7d; none never ends, 0 stores nothing and so changes nothing.
-- param scope choice(shared, user) = shared: whether one user may get an answer that another asked for.
-- param latency_ms float(0, inf) = none: milliseconds from request to answer where the log has none; none is the median of
--   those it has, or 3000.
-- param differing choice(served, asked, doubted) = served: what becomes of a hit whose cached answer the log shows to be
--   another than the model's own or a label to be wrong; asked has the model asked again, since the user is not content
--   with it, and doubted also where nothing shows whether it is.
-- param labels file = none: pairs of prompts, each with 1 where the answer of one may serve the other, else 0 (CSV, JSON
--   or Parquet; docs/semantic_caching.md); of hits on such pairs it tells which are wrong, in place of the estimate.
-- assumes: a request whose prompt_hash is stored gets that answer; else the last turn of its prompt is compared with those
--   stored for the same provider, model, feature and history; without the prompt's text only repetitions are found.
-- assumes: vectors are wordllama's (256 dimensions, no network), of which 0.85 separates about as 0.90 of MiniLM and other
--   transformers, for which caches of the field use 0.95 without vetoes (Portkey, GPTCache). How near is near enough is an
--   assumption: the ends of the range ask for 0.92 and 0.84; see docs/semantic_caching_accuracy.md for the errors at each.
-- assumes: an answer can be read once it has been generated (ts + latency; where the log has none the median of those
--   it has, else 3 s, 100 tokens at 30 ms; at the ends 1,000 and 10 of them), out of a batch of unknown latency after
--   25 hours.
-- assumes: an answer that is asked for again is paid in full, and the cache keeps the one it has.
-- assumes: errors are never stored; a hit costs nothing and takes no time, the embedding included.
-- assumes: what a hit answers may be wrong: at the low end it saves nothing unless a label says that it will do or,
--   without one, the log shows that it is the model's own. A hit rate stands only beside its false-hit rate.
-- assumes: the cache stands before a cascade: it holds the answer that a request ended with, once its last try is there,
--   and a hit saves both tries; a first try is neither stored nor answered on its own.
-- then: served
-- kernel: semantic_caching

select
    requests.*,
    hits.cached_answer as hit_answer,
    hits.answered_from as hit_from,
    coalesce(hits.cosine, 1) as hit_similarity
from requests
left join replayed as hits on hits.request_id = coalesce(added_to, requests.request_id)
