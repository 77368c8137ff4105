-- prompt-caching: prompt prefixes that repeat are read from the provider's cache
--
-- question: Which input tokens would a prompt cache have read, which would it have written, and what would they cost?
-- neutral: ttl=none
-- order: 50
-- stacked: ttl=auto
-- needs: ts is not null and (prefix is not null or session_id is not null): a time, and the hashes of its prompt's
--   blocks or a session
-- needs: regexp_matches(model, 'claude') or (regexp_matches(provider, 'openai|azure|openrouter') and regexp_matches(
--   replace(model, '.', '-'), 'gpt-(3|4o|4-1|4-5|4-turbo|4-32k|[5-9])|(^|/)o[1-9]|codex')) or (regexp_matches(provider,
--   'google|openrouter') and regexp_matches(replace(model, '.', '-'), 'gemini-([3-9]|2-5)')) or (regexp_matches(provider,
--   'deepseek') and regexp_matches(model, 'deepseek')): a model whose prompt cache is known
-- low: automatic=keep,openai_life_s=300,minimum=most,ttft_ms=5000,
--   base_share=0.4,others_every_s=none,slack_s=0,miss_rate=0.015
-- high: automatic=replay,openai_life_s=3600,minimum=least,ttft_ms=200,
--   base_share=0.75,others_every_s=900,slack_s=60,miss_rate=0
-- grid: ttl=auto
-- param ttl choice(5m, 1h, auto, recorded, endless) = 5m: life of an entry where the client sets it; auto takes the
--   cheapest of 5m, 1h and no caching for each prompt, and the same for those that share their beginning, recorded what
--   the log's own writes used, endless is the upper bound with an entry at every block, none changes nothing.
-- param breakpoint choice(auto, tools, system, last) = auto: how far a prompt is cached, to the end of the tools, of
--   the system prompt or of the last turn; auto is last in a session of several calls, else system.
-- param recorded choice(keep, replay) = keep: what becomes of sessions and prompts whose log records real cache use.
-- param automatic choice(replay, keep) = replay: requests to caches that the provider runs by itself (OpenAI, Gemini,
--   DeepSeek): keep is right where the log would have recorded their reads and has none.
-- param openai_life_s int(1, inf) = 600: seconds that an idle entry of OpenAI's models before GPT-5.6 lives: 300 to
--   600 as documented, 3600 at most, 86400 with its retention of a day.
-- param minimum choice(most, least) = most: shortest prompt that is cached, where sources disagree: Claude Opus 4.7
--   (2,048 or 4,096 tokens) and Sonnet 4.6 (1,024 or 2,048).
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
-- assumes: minimum lengths, steps, lives and write charges are the providers' documented rules of November 2026.
-- assumes: models of other families than those of the rules (Claude, GPT, o, Gemini, DeepSeek) cannot cache; sessions
--   and prompts of which the log records cache use stay as they are, unless recorded=replay.
-- assumes: an entry is alive while requests use it within its life, and can be read once the request that wrote it has
--   begun to answer; a read extends its life. Requests of the same moment go in a fixed order, by a hash of their ids.
-- assumes: Claude's entries end where the client sets one of its four breakpoints (the end of the tools, of the system
--   prompt, and of the last two blocks, as far as `breakpoint` says), and are found up to 20 blocks before one. Other
--   caches keep every block, as those do of which a log says nothing but the blocks.
-- assumes: a cache that the provider runs by itself promises nothing: at the low end it gives no more than the log
--   says.
-- assumes: requests of a batch are left as they are: what a cache does inside one is best effort, which batch-api
--   knows.
-- assumes: entries are shared by all requests of a provider, model and project, on Bedrock and Google Cloud of all
--   projects, and by nobody else.
-- assumes: a request whose prompt the log does not hold begins with what its own session sent before.
-- assumes: errors, requests without a time and a provider's aggregates neither write nor read an entry.

with rules as (
    -- One row for each kind of cache; of several that match a model, the first. Sources, read in November 2026:
    -- platform.claude.com/docs/en/build-with-claude/prompt-caching,
    -- developers.openai.com/api/docs/guides/prompt-caching,
    -- ai.google.dev/gemini-api/docs/caching, api-docs.deepseek.com/guides/kv_cache.
    -- min_tokens null: no cache. step_tokens: entries end on whole steps. life_s null: the client sets it, and decides
    -- how far a prompt is cached. whole_units: an entry is an earlier prompt as a whole, or what two had in common.
    select *
    from (
        values
        (1, '.*', 'claude-(v1|2|instant)', null, 1, null, true, false),
        (2, '.*', 'claude-(opus-5|sonnet-5-5|fable|mythos)', 512, 1, null, true, false),
        (3, '.*', 'claude-opus-4-7', case when $minimum = 'least' then 2048 else 4096 end, 1, null, true, false),
        (4, '.*', 'claude-sonnet-4-6', case when $minimum = 'least' then 1024 else 2048 end, 1, null, true, false),
        (5, '.*', 'claude-(opus-4-[56]|haiku-4-5)', 4096, 1, null, true, false),
        (6, '.*', 'claude-(3-haiku|3-5-haiku)', 2048, 1, null, true, false),
        (7, '.*', 'claude', 1024, 1, null, true, false),
        (8, 'openai|azure|openrouter', 'gpt-(5-[6-9]|[6-9])', 1024, 128, 1800, true, false),
        (9, 'openai|azure|openrouter', 'gpt-(4o-2024-05-13|4-turbo|4-32k|3)', null, 128, null, false, false),
        (10, 'openai|azure|openrouter', 'gpt-(4o|4-1|4-5|5)|(^|/)o[1-9]|codex', 1024, 128, $openai_life_s, false, false),
        (11, 'google|openrouter', 'gemini-[3-9]', 4096, 1, 300, false, false),
        (12, 'google|openrouter', 'gemini-2-5', 2048, 1, 300, false, false),
        (13, 'deepseek', 'deepseek', 64, 64, 10800, false, true)
    ) as rule (place, providers, models, min_tokens, step_tokens, life_s, writes_charged, whole_units)
),

lives as (
    select *
    from (values ('provider', null), ('5m', 300), ('1h', 3600), ('recorded', null), ('endless', 1000000000))
        as life (ttl, seconds)
),

prices_now as (
    -- What a token read or written saves or costs beside plain input, at the newest price of a short prompt.
    select
        provider, model,
        max(input_usd_mtok - cache_read_usd_mtok) as read_saves,
        max(cache_write_5m_usd_mtok - input_usd_mtok) as write_5m_adds,
        max(cache_write_1h_usd_mtok - input_usd_mtok) as write_1h_adds
    from prices
    where service_tier = 'standard' and region = '' and valid_to is null and prompt_min = 0
    group by provider, model
),

caches as (
    -- Every model of the log that can cache, with the lives to replay: one, or two for ttl=auto.
    select
        ruled.provider, ruled.model, ruled.min_tokens, ruled.step_tokens, ruled.writes_charged, ruled.whole_units,
        ruled.life_s is null as client_decides,
        coalesce(ruled.provider not in ('aws', 'google'), true) as by_project,
        lives.ttl,
        coalesce(lives.seconds, ruled.life_s) as life_s,
        prices_now.read_saves,
        case when lives.ttl = '1h' then prices_now.write_1h_adds else prices_now.write_5m_adds end as write_adds
    from (
        select used.provider, used.model, rules.* exclude (providers, models)
        from (select distinct provider, model from requests where model is not null) as used
        inner join rules
            on regexp_matches(coalesce(used.provider, ''), rules.providers)
            and regexp_matches(replace(used.model, '.', '-'), rules.models)
        qualify row_number() over (partition by used.provider, used.model order by rules.place) = 1
    ) as ruled
    left join prices_now on prices_now.provider = ruled.provider and prices_now.model = ruled.model
    inner join lives
        on lives.ttl = case
            when ruled.life_s is not null and $ttl <> 'endless' then 'provider'
            when $ttl = 'auto' and lives.ttl = '1h' then '1h'
            when $ttl = 'auto' then '5m'
            else $ttl
        end
    where ruled.min_tokens is not null and coalesce(prices_now.read_saves > 0, true)
),

conversations as (
    -- What is kept or replayed as a whole: a session, else a prompt, else a feature.
    select
        hash(provider, model, coalesce('session ' || session_id, 'prompt ' || prompt_id, 'feature ' || feature))
            as conversation,
        sum(cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens) > 0 as caches_already,
        sum(cache_write_1h_tokens) > sum(cache_write_5m_tokens) as mostly_1h,
        count(session_id) > 1 as several_turns
    from requests
    group by conversation
),

cacheable as not materialized (
    -- Every request with the rules of its model's cache, if it is replayed; for ttl=auto once for each life.
    select
        requests.*,
        caches.* exclude (provider, model, life_s, by_project),
        hash(requests.request_id, caches.ttl) as call_id,
        hash(
            requests.provider, requests.model, case when caches.by_project then requests.project end, caches.ttl
        ) as cache_id,
        hash(
            requests.provider, requests.model,
            coalesce('prompt ' || requests.prompt_id, 'feature ' || requests.feature, requests.project)
        ) as prompt,
        -- requests that can share an entry have the first block in common that is long enough to be one
        hash(
            requests.provider, requests.model, case when caches.by_project then requests.project end,
            case
                when $ttl = 'auto'
                    then list_filter(requests.prefix, lambda block: block.tokens >= caches.min_tokens)[1].hash
            end
        ) as beginning,
        requests.input_tokens + requests.cache_read_tokens + requests.cache_write_5m_tokens
        + requests.cache_write_1h_tokens as prompt_tokens,
        epoch_us(requests.ts) as sent_us,
        epoch_us(requests.ts)
        + cast(1000 * coalesce(requests.ttft_ms, least(requests.latency_ms, $ttft_ms), $ttft_ms) as bigint) as begun_us,
        cast(case
            when caches.ttl <> 'recorded' then caches.life_s
            when requests.cache_write_1h_tokens > 0 then 3600
            when requests.cache_write_5m_tokens > 0 or not conversations.mostly_1h then 300
            else 3600
        end as bigint) as life_s,
        case
            when not caches.client_decides then 'last'
            when $breakpoint <> 'auto' then $breakpoint
            when conversations.several_turns then 'last'
            else 'system'
        end as reach
    from requests
    inner join conversations
        on conversations.conversation = hash(
            requests.provider,
            requests.model,
            coalesce(
                'session ' || requests.session_id, 'prompt ' || requests.prompt_id, 'feature ' || requests.feature
            )
        )
    left join caches
        on caches.provider is not distinct from requests.provider
        and caches.model = requests.model
        and requests.status = 'ok'
        and requests.calls = 1
        and requests.ts is not null
        and (len(requests.prefix) > 0 or requests.session_id is not null)
        and requests.service_tier is distinct from 'batch'
        and ($recorded = 'replay' or not conversations.caches_already)
        and ($automatic = 'replay' or caches.client_decides)
),

sent as not materialized (
    select
        *,
        case
            when reach = 'last' or system_blocks is null then len(prefix)
            when reach = 'system' then least(system_blocks, len(prefix))
            when least(system_blocks, len(prefix)) > 1 then 1
            else 0
        end as upto_block
    from cacheable
),

turns as (
    -- Prompts that the log does not hold begin with what their session sent before.
    select
        *,
        lag(prompt_tokens) over so_far as before_tokens,
        least(prompt_tokens, cast($base_share * first_value(prompt_tokens) over so_far as bigint)) as base_tokens
    from (
        select
            call_id, cache_id, sent_us, begun_us, life_s, min_tokens, whole_units, reach, prompt_tokens,
            hash(cache_id, session_id, tags['sidechain'], tags['agent']) as thread_id
        from sent
        where ttl is not null and coalesce(len(prefix), 0) = 0
    )
    window so_far as (partition by thread_id order by sent_us, call_id)
),

unseen_prompts as (
    select
        *,
        sent_us + cast(1000000 * (life_s + $slack_s) as bigint) as ends_us,
        count(case when prompt_tokens < $rewritten_below * before_tokens then 1 end)
            over (partition by thread_id order by sent_us, call_id) as rewrites
    from turns
),

blocks as (
    -- A prompt as a cache sees it: the prefixes that it can read. It writes those with a breakpoint at their end, or in
    -- a cache that the client does not steer all of them.
    select
        hash(cache_id, block.hash) as entry_id, call_id, sent_us, begun_us, sent_us + 1000000 * life_s as ends_us,
        whole_units,
        by_block or number >= sliding_from or number in (system_end, tools_end) as writes,
        number = blocks as whole_prompt,
        case when whole_units and number < blocks then hash(prefix[number + 1].hash) end as goes_on,
        least(block.tokens, prompt_tokens) as tokens,
        false as base
    from (
        select
            cache_id, call_id, sent_us, begun_us, life_s, whole_units, prompt_tokens, min_tokens, prefix, upto_block,
            len(prefix) as blocks,
            not client_decides or system_blocks is null or $ttl = 'endless' as by_block,
            -- clients that cache the last turn set a breakpoint before it, too
            case when reach = 'last' then upto_block - 1 else upto_block end as sliding_from,
            least(system_blocks, upto_block) as system_end,
            case when system_blocks > 1 then 1 else 0 end as tools_end,
            unnest(prefix) as block,
            generate_subscripts(prefix, 1) as number
        from sent
        where ttl is not null and least(prompt_tokens, coalesce(prefix[upto_block].tokens, 0)) >= min_tokens
    )
    where
        number <= upto_block
        and least(block.tokens, prompt_tokens) >= min_tokens
        -- 20 positions count back from a breakpoint, itself among them
        and (
            by_block
            or number > sliding_from - 20
            or number between system_end - 19 and system_end
            or number = tools_end
        )
    union all
    select
        hash(cache_id, 'base') as entry_id, call_id, sent_us, begun_us, ends_us, whole_units, true as writes,
        false as whole_prompt, thread_id as goes_on, base_tokens as tokens, true as base
    from unseen_prompts
    where case when reach = 'last' then prompt_tokens else base_tokens end >= min_tokens
    union all
    select
        hash(thread_id, rewrites) as entry_id, call_id, sent_us, begun_us, ends_us, whole_units, true as writes,
        true as whole_prompt, null as goes_on, least(before_tokens, prompt_tokens) as tokens, false as base
    from unseen_prompts
    where reach = 'last' and prompt_tokens >= min_tokens
),

uses as (
    -- A unit is a prompt as a whole, or what two prompts had in common before they went on differently.
    select
        *,
        sent_us > lag(ends_us) over earlier as too_late,
        writes and (not whole_units or whole_prompt or coalesce(lag(goes_on) over earlier <> goes_on, false)) as stores
    from blocks
    window earlier as (partition by entry_id order by sent_us, call_id)
),

lives_of_entries as (
    -- As long as each use follows the one before it in time, it is one life of the entry.
    select
        call_id, tokens, base, entry_id, sent_us,
        case when stores then begun_us end as stored_us,
        count(case when too_late then 1 end) over (partition by entry_id order by sent_us, call_id) as life
    from uses
),

reads as (
    -- An entry is there once a request that wrote it has begun to answer; one that does not find it writes it too.
    select
        call_id, tokens, base,
        coalesce(min(stored_us) over (
            partition by entry_id, life order by sent_us, call_id rows between unbounded preceding and 1 preceding
        ) <= sent_us, false) as alive
    from lives_of_entries
),

found as (
    select
        call_id,
        max(case when alive then tokens end) as longest_tokens,
        max(case when alive and base then tokens end) as common_tokens,
        max(case when base then tokens end) as base_tokens
    from reads
    group by call_id
),

expected as not materialized (
    -- Where prompts are unseen, sessions elsewhere may have kept the common part alive.
    select
        sent.* exclude (upto_block, reach, client_decides),
        case
            when found.call_id is null then 0
            when found.base_tokens is null then least(prompt_tokens, coalesce(prefix[upto_block].tokens, 0))
            when reach = 'last' then prompt_tokens
            else found.base_tokens
        end as upto_tokens,
        coalesce(found.longest_tokens, 0) as longest_tokens,
        coalesce(found.common_tokens, 0) as found_tokens,
        coalesce(
            found.common_tokens, cast(found.base_tokens * (1 - exp(-life_s / $others_every_s)) as bigint), 0
        ) as common_tokens,
        found.base_tokens is not null as unseen
    from sent
    left join found on found.call_id = sent.call_id
),

read as not materialized (
    -- Where prompts are unseen, a history that is not found for no known reason is written again after the common part.
    select
        * exclude (longest_tokens, found_tokens, common_tokens, unseen),
        least(upto_tokens, case
            when unseen and longest_tokens > found_tokens
                then longest_tokens - cast($miss_rate * (longest_tokens - common_tokens) as bigint)
            else greatest(longest_tokens, common_tokens)
        end) as read_tokens
    from expected
),

decided as not materialized (
    select
        * exclude (whole_units, min_tokens, step_tokens, writes_charged, upto_tokens, read_tokens, life_s),
        ttl = '1h' or (ttl = 'recorded' and life_s = 3600) as writes_1h,
        case when read_tokens < min_tokens then 0 else read_tokens - read_tokens % step_tokens end as read_tokens,
        case
            when not writes_charged then 0
            when read_tokens < min_tokens then upto_tokens - upto_tokens % step_tokens
            else greatest(upto_tokens - upto_tokens % step_tokens - (read_tokens - read_tokens % step_tokens), 0)
        end as write_tokens
    from read
),

costs as (
    -- ttl=auto: what the lives cost beside no cache.
    select
        beginning, prompt, ttl,
        sum(write_tokens * coalesce(write_adds, case when ttl = '1h' then 1 else 0.25 end))
        - sum(read_tokens * coalesce(read_saves, 0.9)) as adds
    from decided
    where $ttl = 'auto' and ttl <> 'provider'
    group by beginning, prompt, ttl
),

for_prompts as (
    select prompt, case when min(adds) > 0 then 'none' else arg_min(ttl, adds) end as best_ttl
    from (select prompt, ttl, sum(adds) as adds from costs group by prompt, ttl)
    group by prompt
),

for_beginnings as (
    select beginning, case when min(adds) > 0 then 'none' else arg_min(ttl, adds) end as best_ttl
    from (select beginning, ttl, sum(adds) as adds from costs group by beginning, ttl)
    group by beginning
),

chosen as (
    -- The cheapest life of the prompt; where prompts that share a beginning differ in that, the cheapest
    -- for them all, as one would read otherwise what another does not write.
    select
        costs.beginning,
        case
            when min(for_prompts.best_ttl) = max(for_prompts.best_ttl) then min(for_prompts.best_ttl)
            else min(for_beginnings.best_ttl)
        end as best_ttl
    from costs
    inner join for_prompts on for_prompts.prompt = costs.prompt
    inner join for_beginnings on for_beginnings.beginning = costs.beginning
    group by costs.beginning
),

settled as not materialized (
    select
        decided.* exclude (beginning, prompt, read_saves, write_adds)
        replace (
            case when chosen.best_ttl = 'none' then 0 else read_tokens end as read_tokens,
            case when chosen.best_ttl = 'none' then 0 else write_tokens end as write_tokens
        )
    from decided
    left join chosen on chosen.beginning = decided.beginning
    where coalesce(decided.ttl = case chosen.best_ttl when 'none' then '5m' else chosen.best_ttl end, true)
)

select
    * exclude (ttl, call_id, cache_id, prompt_tokens, sent_us, begun_us, read_tokens, write_tokens, writes_1h)
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
