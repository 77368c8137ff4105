-- prompt-caching: repeated prompt prefixes are read from the provider's cache
--
-- question: Which input tokens would a prompt cache have read and written, and what would they cost?
-- neutral: ttl=none
-- order: 50
-- stacked: ttl=auto
-- needs: ts is not null and (prefix is not null or session_id is not null): a time, and the hashes of the prompt's
--   blocks or a session
-- needs: (coalesce(provider, ''), model) in (select (coalesce(provider, ''), model) from caches): a model whose prompt
--   cache is known and, by the price list, cheaper to read than other input
-- reads: facts/prompt_caches, facts/cache_misses, prompt_caching/caches, prompt_caching/sent, prompt_caching/cache_use,
--   prompt_caching/cheapest_ways
-- low: automatic=keep,pessimistic=all,optimistic=none,ttft_ms=5000,
--   base_share=0.4,others_every_s=none,slack_s=0
-- high: automatic=replay,pessimistic=none,optimistic=all,ttft_ms=200,
--   base_share=0.75,others_every_s=900,slack_s=60
-- grid: ttl=auto
-- instead: recorded=replay: sessions and prompts with recorded cache use are kept as logged
-- param ttl choice(5m, 1h, auto, recorded, endless) = 5m: life of an entry where the client sets it. auto: the cheapest
--   of 5m, 1h and no caching for each prompt, and the same for prompts with a common beginning. recorded: what the
--   log's own writes used. endless: the upper bound, with an entry at every block. none changes nothing.
-- param breakpoints choice(auto, implicit, explicit, tools, system, as-logged, best) = auto: where entries end, if the
--   client can choose. implicit: the one place that the provider chooses, the end of the prompt. explicit: the tools,
--   the system prompt and the last two blocks. tools, system: only there. as-logged: where the log's own reads and
--   writes ended. best: the cheapest of them for each prompt. auto: implicit with OpenAI's models; with others explicit
--   in a session of several calls, else system.
-- param recorded choice(keep, replay) = keep: what happens to sessions and prompts whose log records real cache use.
-- param automatic choice(replay, keep) = replay: requests to caches that promise nothing, such as those of Gemini,
--   DeepSeek or Groq; keep is right if the log would have recorded their reads and has none.
-- param pessimistic names(minimum, steps, life, isolation, routing, system, answers, overflow, unknown, misses) = none:
--   what the providers leave open, set to where a cache saves least: minimum (the shortest prompt that is cached), steps
--   (where entries end), life (how long an idle entry lives), isolation (whose requests share an entry), routing (whether
--   a gateway sends a request to the provider that holds its entry), system (whether a shared system prompt is a separate
--   entry), answers (whether an entry ends after the answer), overflow (reads lost above `burst` requests a minute),
--   unknown (caches without a published rule), misses (the vendor's miss rate, where `miss_rate` gives none).
-- param optimistic names(minimum, steps, life, isolation, routing, system, answers, overflow, unknown, misses) = none:
--   the same, set to where a cache saves most.
-- param burst int(1, inf) = 15: requests a minute for one entry, above which a cache on several machines may miss.
-- param ttft_ms float(0, inf) = 1000: milliseconds to the first token where the log has none; an entry can be read only
--   after it.
-- param base_share float(0, 1) = 0.6: share, 0 to 1, of a session's first prompt that other sessions begin with too
--   (tools and system prompt); only used without logged prompts.
-- param others_every_s float(1, inf) = 2700: seconds between two uses of that share by sessions outside this log; none:
--   there are none. Only used without logged prompts.
-- param miss_rate float(0, 1) = none: share of calls, 0 to 1, that miss their history for a reason that no usage log
--   shows; none: as measured for the model's vendor, see `queries/facts/cache_misses.toml`. Only used without logged
--   prompts.
-- param slack_s float(0, inf) = 30: seconds that an entry outlives its life by the log's times, which are those of
--   answers and omit the small calls that clients also make; only used without logged prompts.
-- param rewritten_below float(0, inf) = 0.95: a prompt shorter than this share of the previous one has a rewritten
--   history; only used without logged prompts.
-- assumes: minimum lengths, steps, lives and write charges are the documented rules of the providers, with sources and
--   dates in `queries/facts/prompt_caches.toml`; where sources disagree, the range covers both.
-- assumes: a model with a price for cached tokens and no published rule may cache anything between nothing and every
--   repeated token; sessions and prompts with recorded cache use are left unchanged, unless recorded=replay.
-- assumes: an entry lives while it is used within its life, and can be read once the request that wrote it has begun to
--   answer; a read extends its life. Simultaneous requests have a fixed order, by a hash of their ids.
-- assumes: where the client sets breakpoints, entries end there, according to `breakpoints`, and are found up to 20
--   blocks before one. Other caches keep every block; so do caches of prompts whose log shows only the blocks.
-- assumes: a model with a second cache, for requests that mark what is cached, uses that with explicit, tools and system,
--   and with best the cheaper of both; else the one that needs no mark.
-- assumes: behind a gateway a conversation stays with one provider until the requests are further apart than its rule
--   says; by default all conversations meet the same one. A log that names the provider that served needs no guess.
-- assumes: at the low end, a cache that promises nothing gives no more than the log shows.
-- assumes: requests in a batch are left unchanged: caching inside a batch is best effort and part of batch-api.
-- assumes: entries are shared by all requests of a provider and model, within a project or service tier where the rule
--   says so. Where a log has no `prompt_cache_key`, each project has its own at the low end.
-- assumes: a request whose prompt is not logged begins with what its own session sent before, and the first of a forked
--   session with the history that the fork was given. Calls copied from a session that is not in the log read what
--   came before them there; when they were sent is not known, only when they were copied.
-- assumes: errors, requests without a time and a provider's aggregates neither write nor read an entry.

with settled as not materialized (
    select
        cache_use.* exclude (beginning, prompt, first_way, read_saves, write_adds)
        replace (
            case when cheapest_ways.best_way = 'none' then 0 else read_tokens end as read_tokens,
            case when cheapest_ways.best_way = 'none' then 0 else write_tokens end as write_tokens
        )
    from cache_use
    left join cheapest_ways on cheapest_ways.beginning = cache_use.beginning
    where coalesce(cache_use.way = case cheapest_ways.best_way when 'none' then first_way else best_way end, true)
)

select
    * exclude (
        ttl, way, marked, call_id, cache_id, prompt_tokens, sent_us, begun_us, read_tokens, write_tokens, writes_1h
    )
    replace (
        case
            when ttl is null then cache_retention
            when marked and read_tokens + write_tokens > 0 then 'ephemeral'
            else nullif(cache_retention, 'ephemeral')
        end as cache_retention,
        case when ttl is null then input_tokens else prompt_tokens - read_tokens - write_tokens end as input_tokens,
        case when ttl is null then cache_read_tokens else read_tokens end as cache_read_tokens,
        case
            when ttl is null then cache_write_5m_tokens
            when writes_1h then 0
            else write_tokens
        end as cache_write_5m_tokens,
        case
            when ttl is null then cache_write_1h_tokens
            when writes_1h then write_tokens
            else 0
        end as cache_write_1h_tokens
    )
from settled
