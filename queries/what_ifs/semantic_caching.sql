-- semantic-caching: requests with the same meaning are answered from a cache
--
-- question: What would a cache that compares prompts by meaning have saved, and how often would it have been wrong?
-- neutral: ttl=0
-- order: 20
-- needs: ts is not null and prompt_hash is not null and ($scope = 'shared' or user_id is not null): a time and a hash
--   of its whole prompt (and, for scope=user, a user)
-- low: strictness=strict,latency_ms=30000,differing=doubted
-- high: strictness=loose,latency_ms=300,differing=asked
-- alters: a request gets the answer to another one that is like it
-- grid: strictness=usual
-- param encoder text = wordllama: what turns prompts into vectors: wordllama, minilm, the folder of a
--   sentence-transformers model, or a Parquet file of vectors by text (docs/semantic_caching.md).
-- param threshold float(0, 2) = none: least cosine of two prompts that may share an answer; none: the encoder's own;
--   above 1 only exact repeats do.
-- param strictness choice(strict, usual, loose) = usual: which of the encoder's own thresholds counts: about 10%, 20%
--   or 25% of the hits on judged pairs of questions are wrong.
-- param margin float(0, 2) = 0.02: least lead, in cosine, of the closest stored prompt over the next one; below it the
--   request is ambiguous and not a hit.
-- param vetoes bool = true: whether prompts must agree in numbers, dates, negation, opposites, names and word order.
-- param frames bool = true: whether they must also differ in more than one word and in more than their words' order;
--   false leaves that to the encoder: more hits, and more of them wrong where one word makes the difference.
-- param ttl text = 1h: life of an answer after it is stored, not extended by a hit; seconds, or like 15m, 1h, 7d; none
--   never ends, 0 stores nothing and changes nothing.
-- param scope choice(shared, user) = shared: whether users may share answers.
-- param latency_ms float(0, inf) = none: milliseconds from request to answer where the log has none; none: the median
--   of those it has, or 3000.
-- param differing choice(served, asked, doubted) = asked: what happens to a hit whose cached answer differs from the
--   logged one or that a label marks as wrong; asked calls the model again, because the user is not satisfied with it;
--   doubted also does so where neither shows whether it is right; served gives it out.
-- param labels file = none: pairs of prompts, each with 1 if they may share an answer, else 0 (CSV, JSON or Parquet;
--   docs/semantic_caching.md); hits on such pairs are judged by them and not by the estimate.
-- assumes: a request whose prompt_hash is stored gets that answer; otherwise the last turn of its prompt is compared
--   with those stored for the same provider, model, feature and history. Without texts only exact repeats are found.
-- assumes: two prompts ask the same if their vectors are near enough. An encoder's threshold is the lowest at which no
--   more than 20% of the hits on judged pairs of questions (Quora's) are wrong; the ends of the range use those at 10%
--   and 25%: wordllama (256 dimensions) 0.91, 0.95 and 0.80; minilm (384 dimensions) 0.82, 0.96 and 0.80.
-- assumes: an answer can be read once it has been generated: ts + latency. Where the log has no latency, it is the
--   median of those it has, else 3 s (100 tokens at 30 ms; 10 and 1,000 tokens at the ends of the range), or 25 hours
--   for a batch.
-- assumes: a request that is asked again is paid in full, and the cache keeps its answer.
-- assumes: errors are never stored; a hit is free and takes no time, the embedding included.
-- assumes: a hit may be wrong: at the low end it counts only if a label says that the answer fits or, without a label,
--   the log shows that it is identical. A hit rate means nothing without its false-hit rate.
-- assumes: the cache is in front of a cascade: it stores the answer that a request ended with, after its last try, and
--   a hit saves both tries; a first try is neither stored nor answered separately.
-- then: served
-- kernel: semantic_caching

select
    requests.*,
    hits.cached_answer as hit_answer,
    hits.answered_from as hit_from,
    coalesce(hits.cosine, 1) as hit_similarity
from requests
left join replayed as hits on hits.request_id = coalesce(added_to, requests.request_id)
