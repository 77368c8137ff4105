-- prompt-caching: prompt prefixes that repeat are read from the provider's cache
--
-- question: Which input tokens would a prompt cache have read, which would it have written, and what would they cost?
-- neutral: ttl=none
-- order: 50
-- stacked: ttl=auto
-- needs: ts is not null and (prefix is not null or session_id is not null): a time, and the hashes of its prompt's
--   blocks or a session
-- needs: (coalesce(provider, ''), model) in (select (coalesce(provider, ''), model) from caches): a model whose prompt
--   cache is known
-- reads: facts/prompt_caches, prompt_caching/caches, prompt_caching/sent, prompt_caching/cache_use,
--   prompt_caching/cheapest_ways
-- low: automatic=keep,pessimistic=all,optimistic=none,ttft_ms=5000,
--   base_share=0.4,others_every_s=none,slack_s=0,miss_rate=0.015
-- high: automatic=replay,pessimistic=none,optimistic=all,ttft_ms=200,
--   base_share=0.75,others_every_s=900,slack_s=60,miss_rate=0
-- grid: ttl=auto
-- param ttl choice(5m, 1h, auto, recorded, endless) = 5m: life of an entry where the client sets it; auto takes the
--   cheapest of 5m, 1h and no caching for each prompt, and the same for those that share their beginning, recorded what
--   the log's own writes used, endless is the upper bound with an entry at every block, none changes nothing.
-- param breakpoints choice(auto, implicit, explicit, tools, system, as-logged, best) = auto: where the client has entries
--   end, with caches that let it choose: implicit is the one place that the provider chooses, the end of the prompt;
--   explicit are the tools, the system prompt and the last two blocks, tools and system end there; as-logged ends where
--   the log's own reads and writes did, best takes the cheapest of them for each prompt. auto is implicit with OpenAI's
--   models, with others explicit in a session of several calls, else system.
-- param recorded choice(keep, replay) = keep: what becomes of sessions and prompts whose log records real cache use.
-- param automatic choice(replay, keep) = replay: requests to caches that promise nothing, such as Gemini's, DeepSeek's
--   or Groq's: keep is right where the log would have recorded their reads and has none.
-- param pessimistic names(minimum, steps, life, isolation, system, answers, overflow, unknown) = none: what the
--   providers leave open, taken where a cache saves least: minimum (the shortest prompt that is cached), steps (where
--   entries end), life (how long an idle entry lives), isolation (whose requests share an entry), system (whether a
--   shared system prompt is an entry of its own), answers (whether one ends after the answer), overflow (reads lost above
--   `burst` requests a minute), unknown (caches without a published rule).
-- param optimistic names(minimum, steps, life, isolation, system, answers, overflow, unknown) = none: the same, taken
--   where a cache saves most.
-- param burst int(1, inf) = 15: requests for one entry in a minute, above which a cache of limited machines may miss.
-- param ttft_ms float(0, inf) = 1000: time to the first token in milliseconds where the log has none; an entry can be
--   read only after it.
-- param base_share float(0, 1) = 0.6: where the log holds no prompts: part of a session's first prompt, 0 to 1, that
--   other sessions begin with too (tools and system prompt).
-- param others_every_s float(1, inf) = 2700: where the log holds no prompts: seconds between two uses of that part by
--   sessions that this log does not hold; none means that there are no such sessions.
-- param miss_rate float(0, 1) = 0.005: where the log holds no prompts: share of calls, 0 to 1, whose history is not
--   found for a reason that no usage log shows.
-- param slack_s float(0, inf) = 30: where the log holds no prompts: seconds that an entry outlives its life by the
--   log's times, which are those of answers and leave out the small calls that clients make beside them.
-- param rewritten_below float(0, inf) = 0.95: where the log holds no prompts: a prompt shorter than this share of the
--   one before it has a rewritten history.
-- assumes: minimum lengths, steps, lives and write charges are the providers' documented rules, each with its source and
--   its dates in `queries/facts/prompt_caches.toml`; where sources disagree, the range covers both.
-- assumes: a model with a price for cached tokens and no published rule caches anything from nothing to every repeated
--   token; sessions and prompts of which the log records cache use stay as they are, unless recorded=replay.
-- assumes: an entry is alive while requests use it within its life, and can be read once the request that wrote it has
--   begun to answer; a read extends its life. Requests of the same moment go in a fixed order, by a hash of their ids.
-- assumes: where the client sets breakpoints, entries end there, as far as `breakpoints` says, and are found up to 20
--   blocks before one. Other caches keep every block, as those do of which a log says nothing but the blocks.
-- assumes: a cache that promises nothing gives no more than the log says at the low end.
-- assumes: requests of a batch are left as they are: what a cache does inside one is best effort, which batch-api
--   knows.
-- assumes: entries are shared by all requests of a provider and model, and of a project or a service tier where the rule
--   says so, and by nobody else. Where a log does not hold `prompt_cache_key`, the low end takes each project
--   to have its own.
-- assumes: a request whose prompt the log does not hold begins with what its own session sent before.
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
    * exclude (ttl, way, call_id, cache_id, prompt_tokens, sent_us, begun_us, read_tokens, write_tokens, writes_1h)
    replace (
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
