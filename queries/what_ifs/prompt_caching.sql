-- prompt-caching: prompt prefixes that repeat are read from the provider's cache
--
-- question: Which input tokens would a prompt cache have read, which would it have written, and what would they cost?
-- neutral: ttl=none
-- param ttl choice(5m, 1h, auto, recorded, endless) = 5m: life of an entry where the client sets it; auto takes the
--   cheapest of 5m, 1h and no caching for each prompt, recorded what the log's own writes used, endless is the upper
--   bound, none changes nothing.
-- param breakpoint choice(auto, tools, system, last) = auto: how far a prompt is cached, to the end of the tools, of the
--   system prompt or of the last turn; auto is last in a session of several calls, else system.
-- param recorded choice(keep, replay) = keep: what becomes of sessions and prompts whose log records real cache use.
-- param ttft_ms float = 1000: time to the first token in milliseconds where the log has none; an entry can be read only
--   after it.
-- param base_share float = 0.6: where the log holds no prompts: part of a session's first prompt, 0 to 1, that other
--   sessions begin with too (tools and system prompt).
-- param others_every_s float = 2700: where the log holds no prompts: seconds between two uses of that part by sessions
--   that this log does not hold; none means that there are no such sessions.
-- param miss_rate float = 0.005: where the log holds no prompts: share of calls, 0 to 1, whose history is not found for a
--   reason that no usage log shows.
-- param slack_s float = 30: where the log holds no prompts: seconds that an entry outlives its life by the log's times,
--   which are those of answers and leave out the small calls that clients make beside them.
-- param rewritten_below float = 0.95: where the log holds no prompts: a prompt shorter than this share of the one before
--   it has a rewritten history.
-- assumes: minimum lengths, steps, lives and write charges are the providers' documented rules of November 2026.
-- assumes: an entry is alive while requests use it within its life, and can be read once the request that wrote it has
--   begun to answer; a read extends its life.
-- assumes: entries are shared by all requests of a provider, model and project, and by nobody else.
-- assumes: a request whose prompt the log does not hold begins with what its own session sent before.
-- assumes: errors, requests without a time and a provider's aggregates neither write nor read an entry.

with rules as (
    -- One row for each kind of cache; of several that match a model, the first. Sources, read in November 2026:
    -- platform.claude.com/docs/en/build-with-claude/prompt-caching, developers.openai.com/api/docs/guides/prompt-caching,
    -- ai.google.dev/gemini-api/docs/caching, api-docs.deepseek.com/guides/kv_cache.
    -- Where sources disagree (Claude Opus 4.7: 2,048 or 4,096; Claude Sonnet 4.6: 1,024 or 2,048) the larger stands here.
    -- min_tokens null: no cache. step_tokens: entries end on whole steps. life_s null: the client sets it, and decides
    -- how far a prompt is cached. whole_units: an entry is an earlier prompt as a whole, or what two had in common.
    select *
    from (
        values
        (1, '.*', 'claude-(v1|2|instant)', null, 1, null, true, false),
        (2, '.*', 'claude-(opus-5|sonnet-5-5|fable|mythos)', 512, 1, null, true, false),
        (3, '.*', 'claude-(opus-4-[567]|haiku-4-5)', 4096, 1, null, true, false),
        (4, '.*', 'claude-(sonnet-4-6|3-haiku|3-5-haiku)', 2048, 1, null, true, false),
        (5, '.*', 'claude', 1024, 1, null, true, false),
        (6, 'openai|azure|openrouter', 'gpt-(5-[6-9]|[6-9])', 1024, 128, 1800, true, false),
        (7, 'openai|azure|openrouter', 'gpt-(4o-2024-05-13|4-turbo|4-32k|3)', null, 128, null, false, false),
        (8, 'openai|azure|openrouter', 'gpt-(4o|4-1|4-5|5)|(^|/)o[1-9]|codex', 1024, 128, 600, false, false),
        (9, 'google|openrouter', 'gemini-[3-9]', 4096, 1, 300, false, false),
        (10, 'google|openrouter', 'gemini-2-5', 2048, 1, 300, false, false),
        (11, 'deepseek', 'deepseek', 64, 64, 10800, false, true)
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
    where service_tier = 'standard' and valid_to is null and prompt_min = 0
    group by provider, model
),

caches as (
    -- Every model of the log that can cache, with the lives to replay: one, or two for ttl=auto.
    select
        ruled.provider, ruled.model, ruled.min_tokens, ruled.step_tokens, ruled.writes_charged, ruled.whole_units,
        ruled.life_s is null as client_decides,
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

traffic as (
    select
        request_id, ts, provider, model, project, session_id, ttft_ms, latency_ms,
        cache_write_5m_tokens, cache_write_1h_tokens,
        cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens as cached_tokens,
        input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens as prompt_tokens,
        coalesce(len(prefix), 0) as blocks,
        coalesce(system_blocks, len(prefix)) as system_blocks,
        prefix[1].tokens as tools_tokens,
        prefix[coalesce(system_blocks, len(prefix))].tokens as system_tokens,
        prefix[len(prefix)].tokens as last_tokens,
        status = 'ok' and calls = 1 and ts is not null and (len(prefix) > 0 or session_id is not null) as can_cache,
        -- what is kept or replayed as a whole, what was sent one after the other, and what gets one life
        hash(provider, model, coalesce('session ' || session_id, 'prompt ' || prompt_id, 'feature ' || feature))
            as conversation,
        hash(provider, model, project, session_id, tags['sidechain'], tags['agent']) as thread,
        hash(provider, model, coalesce('prompt ' || prompt_id, 'feature ' || feature, project)) as prompt
    from requests
),

conversations as (
    select
        conversation,
        sum(cached_tokens) > 0 as caches_already,
        sum(cache_write_1h_tokens) > sum(cache_write_5m_tokens) as mostly_1h,
        count(session_id) > 1 as several_turns
    from traffic
    group by conversation
),

sent as (
    -- The requests that a cache could serve, in order, once for each life to replay.
    select
        traffic.request_id, traffic.prompt, traffic.prompt_tokens, traffic.blocks, traffic.system_blocks,
        traffic.tools_tokens, traffic.system_tokens, traffic.last_tokens,
        caches.* exclude (provider, model, life_s),
        hash(traffic.provider, traffic.model, traffic.project, caches.ttl) as cache,
        hash(traffic.thread, caches.ttl) as thread,
        row_number() over (order by traffic.ts, traffic.request_id) as place,
        epoch_us(traffic.ts) as sent_us,
        epoch_us(traffic.ts)
        + cast(1000 * coalesce(traffic.ttft_ms, least(traffic.latency_ms, $ttft_ms), $ttft_ms) as bigint) as begun_us,
        case
            when caches.ttl <> 'recorded' then caches.life_s
            when traffic.cache_write_1h_tokens > 0 then 3600
            when traffic.cache_write_5m_tokens > 0 or not conversations.mostly_1h then 300
            else 3600
        end as life_s,
        case
            when not caches.client_decides then 'last'
            when $breakpoint <> 'auto' then $breakpoint
            when conversations.several_turns then 'last'
            else 'system'
        end as breakpoint
    from traffic
    inner join caches on caches.provider is not distinct from traffic.provider and caches.model = traffic.model
    inner join conversations on conversations.conversation = traffic.conversation
    where traffic.can_cache and ($recorded = 'replay' or not conversations.caches_already)
),

logged_prompts as (
    select
        *,
        sent_us + 1000000 * cast(life_s as bigint) as ends_us,
        case
            when breakpoint = 'last' then blocks
            when breakpoint = 'system' then system_blocks
            when system_blocks > 1 then 1
            else 0
        end as upto_block,
        least(prompt_tokens, case
            when breakpoint = 'last' then last_tokens
            when breakpoint = 'system' then coalesce(system_tokens, 0)
            when system_blocks > 1 then tools_tokens
            else 0
        end) as upto_tokens
    from sent
    where blocks > 0
),

turns as (
    -- Prompts that the log does not hold begin with what their session sent before.
    select
        *,
        sent_us + cast(1000000 * (life_s + $slack_s) as bigint) as ends_us,
        lag(prompt_tokens) over so_far as before_tokens,
        least(prompt_tokens, cast($base_share * first_value(prompt_tokens) over so_far as bigint)) as base_tokens
    from sent
    where blocks = 0
    window so_far as (partition by thread order by place)
),

unseen_prompts as (
    select
        *,
        case when breakpoint = 'last' then prompt_tokens else base_tokens end as upto_tokens,
        count(case when prompt_tokens < $rewritten_below * before_tokens then 1 end)
            over (partition by thread order by place) as rewrites
    from turns
),

prompts as (
    select
        place, request_id, prompt, prompt_tokens, ttl, life_s, min_tokens, step_tokens, writes_charged, read_saves,
        write_adds, upto_tokens,
        cast(null as bigint) as unseen_base_tokens
    from logged_prompts
    union all
    select
        place, request_id, prompt, prompt_tokens, ttl, life_s, min_tokens, step_tokens, writes_charged, read_saves,
        write_adds, upto_tokens,
        base_tokens as unseen_base_tokens
    from unseen_prompts
),

blocks as (
    -- A prompt as a cache sees it: the prefixes that it reads or else writes.
    select
        hash(cache, block.hash) as entry, place, sent_us, begun_us, ends_us, whole_units,
        number = blocks as whole_prompt,
        least(block.tokens, prompt_tokens) as tokens,
        false as base
    from (
        select
            prompts.*,
            unnest(requests.prefix) as block,
            generate_subscripts(requests.prefix, 1) as number
        from requests
        inner join (
            select
                request_id, cache, place, sent_us, begun_us, ends_us, whole_units, blocks, prompt_tokens, min_tokens,
                upto_block
            from logged_prompts
            where upto_tokens >= min_tokens
        ) as prompts on prompts.request_id = requests.request_id
    )
    where number <= upto_block and least(block.tokens, prompt_tokens) >= min_tokens
    union all
    select
        hash(cache, 'base') as entry, place, sent_us, begun_us, ends_us, whole_units, false as whole_prompt,
        base_tokens as tokens, true as base
    from unseen_prompts
    where upto_tokens >= min_tokens
    union all
    select
        hash(thread, rewrites) as entry, place, sent_us, begun_us, ends_us, whole_units, true as whole_prompt,
        least(before_tokens, prompt_tokens) as tokens, false as base
    from unseen_prompts
    where upto_tokens >= min_tokens and breakpoint = 'last'
),

uses as (
    select
        place, entry, tokens, base, sent_us, begun_us,
        coalesce(sent_us > lag(ends_us) over earlier, true) as writes,
        lag(begun_us) over earlier > sent_us as in_flight,
        not whole_units or lag(whole_prompt) over earlier or lag(place, 2) over earlier is not null as stored
    from blocks
    window earlier as (partition by entry order by place)
),

reads as (
    -- Of requests that overlap the first decides: either it found the entry, or the others miss until it is answered.
    select
        place, tokens, base,
        not writes and stored and sent_us >= last_value(
            case when writes then begun_us when not in_flight then sent_us end ignore nulls
        ) over (partition by entry order by place) as alive
    from uses
),

found as (
    select place, max(tokens) as longest_tokens, max(case when base then tokens end) as base_tokens
    from reads
    where alive
    group by place
),

expected as (
    -- Where the prompts are unseen, sessions elsewhere may have kept the common part alive, and a history that is not
    -- found for an unknown reason is written again after that part.
    select
        request_id, prompt, prompt_tokens, ttl, life_s, min_tokens, step_tokens, writes_charged, read_saves, write_adds,
        upto_tokens,
        case
            when longest_tokens > coalesce(base_tokens, 0) and common_tokens is not null
                then longest_tokens - cast($miss_rate * (longest_tokens - common_tokens) as bigint)
            else coalesce(longest_tokens, common_tokens, 0)
        end as read_tokens
    from (
        select
            prompts.*, found.longest_tokens, found.base_tokens,
            coalesce(
                found.base_tokens,
                cast(prompts.unseen_base_tokens * coalesce(1 - exp(-prompts.life_s / $others_every_s), 0) as bigint)
            ) as common_tokens
        from prompts
        left join found on found.place = prompts.place
    )
),

decided as (
    select
        request_id, prompt, prompt_tokens, ttl, read_saves, write_adds, read_tokens,
        ttl = '1h' or (ttl = 'recorded' and life_s = 3600) as writes_1h,
        case when writes_charged then greatest(written_to - read_tokens, 0) else 0 end as write_tokens
    from (
        select
            * replace (
                case
                    when least(upto_tokens, read_tokens) < min_tokens then 0
                    else read_tokens - read_tokens % step_tokens
                end as read_tokens
            ),
            case when upto_tokens < min_tokens then 0 else upto_tokens - upto_tokens % step_tokens end as written_to
        from expected
    )
),

chosen as (
    -- ttl=auto: the cheapest life of each prompt.
    select prompt, arg_min(ttl, adds) as ttl, min(adds) as adds
    from (
        select
            prompt, ttl,
            sum(write_tokens * coalesce(write_adds, case when ttl = '1h' then 1 else 0.25 end))
            - sum(read_tokens * coalesce(read_saves, 0.9)) as adds
        from decided
        where $ttl = 'auto' and ttl <> 'provider'
        group by prompt, ttl
    )
    group by prompt
),

settled as (
    select
        decided.request_id, decided.prompt_tokens, decided.writes_1h,
        case when chosen.adds > 0 then 0 else decided.read_tokens end as read_tokens,
        case when chosen.adds > 0 then 0 else decided.write_tokens end as write_tokens
    from decided
    left join chosen on chosen.prompt = decided.prompt
    where coalesce(chosen.ttl = decided.ttl, true)
)

select
    requests.* replace (
        coalesce(settled.prompt_tokens - settled.read_tokens - settled.write_tokens, input_tokens) as input_tokens,
        coalesce(settled.read_tokens, cache_read_tokens) as cache_read_tokens,
        case when settled.writes_1h then 0 else coalesce(settled.write_tokens, cache_write_5m_tokens) end
            as cache_write_5m_tokens,
        case
            when settled.writes_1h then settled.write_tokens
            when settled.request_id is not null then 0
            else cache_write_1h_tokens
        end as cache_write_1h_tokens
    )
from requests
left join settled on settled.request_id = requests.request_id
