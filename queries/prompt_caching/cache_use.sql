-- The replay: the tokens that each request reads from its cache and writes to it.
-- inlined: its rows are wide and read twice

with turns as (
    -- Prompts that are not logged begin with what their session sent before.
    select
        *,
        -- a unit that ends after an answer is read together with its prompt
        lag(prompt_tokens + case when answered then output_tokens else 0 end) over so_far as before_tokens,
        least(
            prompt_tokens,
            ($base_share * coalesce(history_began_tokens, first_value(prompt_tokens) over so_far))::bigint
        ) as base_tokens
    from (
        select
            call_id, cache_id, sent_us, life_s, min_tokens, units, answered, overflows, reach,
            prompt_tokens, output_tokens, request_id, continues, copied, history_began_tokens,
            -- what was copied was sent, and answered, some time before it was copied
            case when copied then sent_us else begun_us end as begun_us,
            hash(cache_id, case when copied then call_id end, session_id, branched, thread_id) as thread_id
        from sent
        where ttl is not null and coalesce(len(prefix), 0) = 0
    )
    window so_far as (partition by thread_id order by sent_us, call_id)
),

unseen_prompts as (
    select
        *,
        sent_us + (1000000 * (life_s + $slack_s))::bigint as ends_us,
        count(case when prompt_tokens < $rewritten_below * before_tokens then 1 end)
            over (partition by thread_id order by sent_us, call_id) as rewrites
    from turns
),

continued as (
    -- Where a session begins with the history of another, its first prompt begins with that one's last.
    select
        unseen_prompts.*,
        hash(before.thread_id, before.rewrites) as history_id,
        before.prompt_tokens + case when before.answered then before.output_tokens else 0 end as history_tokens
    from unseen_prompts
    inner join unseen_prompts as before
        on before.request_id = unseen_prompts.continues
        and before.cache_id = unseen_prompts.cache_id
        and before.thread_id <> unseen_prompts.thread_id
        -- the order of what was copied at once is not known
        and (
            unseen_prompts.copied
            or (before.sent_us, before.call_id) < (unseen_prompts.sent_us, unseen_prompts.call_id)
        )
),

prompts as not materialized (
    -- Where entries of a prompt may end: at blocks up to `upto_block`; a client or provider that chooses marks the last
    -- ones, the system prompt and the tools.
    select
        cache_id, call_id, sent_us, begun_us, life_s, prompt_tokens, min_tokens, prefix, upto_block, overflows,
        units, answered, lookback_blocks,
        len(prefix) as blocks,
        entries in ('steps', 'units') or $ttl = 'endless' or (reach <> 'implicit' and system_blocks is null) as by_block,
        -- clients that cache the last turn also set a breakpoint before it
        case when reach = 'explicit' then upto_block - 1 else upto_block end as sliding_from,
        case when reach not in ('implicit', 'as-logged') or ends_system then least(system_blocks, upto_block) else 0 end
            as system_end,
        case
            when entries = 'breakpoints' and reach not in ('implicit', 'as-logged') and system_blocks > 1 then 1 else 0
        end as tools_end
    from sent
    where ttl is not null and least(prompt_tokens, coalesce(prefix[upto_block].tokens, 0)) >= min_tokens
),

blocks as (
    -- A prompt as a cache sees it: the prefixes that it can read, and which of them it writes.
    select
        hash(cache_id, block.hash) as entry_id, call_id, sent_us, begun_us, sent_us + 1000000 * life_s as ends_us,
        units, overflows,
        by_block or number >= sliding_from or number in (system_end, tools_end) as writes,
        number = blocks as whole_prompt,
        case when units and number < blocks then hash(prefix[number + 1].hash) end as goes_on,
        least(block.tokens, prompt_tokens) as tokens,
        false as base
    from (select *, unnest(prefix) as block, generate_subscripts(prefix, 1) as number from prompts)
    where
        number <= upto_block
        and least(block.tokens, prompt_tokens) >= min_tokens
        and (
            by_block
            or number > sliding_from - lookback_blocks
            or number between system_end - lookback_blocks + 1 and system_end
            or number = tools_end
        )
    union all
    -- an entry that ends after the answer to an earlier prompt, which the next block contains
    select
        hash(cache_id, block.hash, 'answer') as entry_id, call_id, sent_us, begun_us,
        sent_us + 1000000 * life_s as ends_us, false as units, overflows, number = blocks as writes,
        true as whole_prompt, null as goes_on,
        least(prefix[least(number + 1, blocks)].tokens, prompt_tokens) as tokens, false as base
    from (select *, unnest(prefix) as block, generate_subscripts(prefix, 1) as number from prompts where answered)
    where
        block.tokens >= min_tokens
        and number <> blocks - 1
    union all
    select
        hash(cache_id, 'base') as entry_id, call_id, sent_us, begun_us, ends_us, units, overflows,
        not copied as writes,
        false as whole_prompt, thread_id as goes_on, base_tokens as tokens, true as base
    from unseen_prompts
    where case when reach in ('implicit', 'explicit') then prompt_tokens else base_tokens end >= min_tokens
    union all
    select
        hash(thread_id, rewrites) as entry_id, call_id, sent_us, begun_us, ends_us, units, overflows, true as writes,
        true as whole_prompt, null as goes_on, least(before_tokens, prompt_tokens) as tokens, false as base
    from unseen_prompts
    where reach in ('implicit', 'explicit') and prompt_tokens >= min_tokens
    union all
    -- when a copied prompt was sent is not known: its history is taken to have been there
    select
        history_id as entry_id, call_id, sent_us, begun_us, ends_us, units, overflows, true as writes,
        true as whole_prompt, null as goes_on, least(history_tokens, prompt_tokens) as tokens, false as base
    from continued
    where
        not copied
        and reach in ('implicit', 'explicit')
        and prompt_tokens >= min_tokens
        and prompt_tokens >= $rewritten_below * history_tokens
),

uses as (
    -- A unit is a whole prompt, or the common beginning of two prompts that continue differently.
    select
        *,
        sent_us > lag(ends_us) over earlier as too_late,
        overflows and coalesce(lag(sent_us, $burst) over earlier > sent_us - 60000000, false) as elsewhere,
        writes and (not units or whole_prompt or coalesce(lag(goes_on) over earlier <> goes_on, false)) as stores
    from blocks
    window earlier as (partition by entry_id order by sent_us, call_id)
),

lives_of_entries as (
    -- Uses belong to one life of the entry as long as each comes in time after the one before.
    select
        call_id, tokens, base, entry_id, sent_us, elsewhere,
        case when stores then begun_us end as stored_us,
        count(case when too_late then 1 end) over (partition by entry_id order by sent_us, call_id) as life
    from uses
),

reads as (
    -- An entry can be read once a request that wrote it has begun to answer; a request that misses it writes it too.
    select
        call_id, tokens, base,
        not elsewhere and coalesce(min(stored_us) over (
            partition by entry_id, life order by sent_us, call_id rows between unbounded preceding and 1 preceding
        ) <= sent_us, false) as alive
    from lives_of_entries
    union all
    select call_id, least(history_tokens, prompt_tokens) as tokens, false as base, true as alive
    from continued
    where
        copied
        and reach in ('implicit', 'explicit')
        and prompt_tokens >= min_tokens
        and prompt_tokens >= $rewritten_below * history_tokens
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
        sent.* exclude (
            upto_block, reach, client_sets_life, lookback_blocks, ends_system, overflows, units, answered
        ),
        case
            when found.call_id is null then 0
            when found.base_tokens is null then least(prompt_tokens, coalesce(prefix[upto_block].tokens, 0))
            when reach in ('implicit', 'explicit') then prompt_tokens
            else found.base_tokens
        end as upto_tokens,
        coalesce(found.longest_tokens, 0) as longest_tokens,
        coalesce(found.common_tokens, 0) as found_tokens,
        coalesce(
            found.common_tokens, (found.base_tokens * (1 - exp(-life_s / $others_every_s)))::bigint, 0
        ) as common_tokens,
        found.base_tokens is not null as unseen
    from sent
    left join found on found.call_id = sent.call_id
),

read as not materialized (
    -- Where prompts are unseen, an unexplained miss writes the history again after the common part.
    select
        * exclude (longest_tokens, found_tokens, common_tokens, unseen, miss_rate),
        least(upto_tokens, case
            when unseen and longest_tokens > found_tokens
                then longest_tokens - (coalesce($miss_rate, miss_rate) * (longest_tokens - common_tokens))::bigint
            else greatest(longest_tokens, common_tokens)
        end) as read_tokens
    from expected
)

select
    * exclude (entries, min_tokens, step_tokens, writes_charged, upto_tokens, read_tokens, life_s),
    case when read_tokens < min_tokens then 0 else read_tokens - read_tokens % step_tokens end as read_tokens,
    case
        when not writes_charged then 0
        when read_tokens < min_tokens then upto_tokens - upto_tokens % step_tokens
        else greatest(upto_tokens - upto_tokens % step_tokens - (read_tokens - read_tokens % step_tokens), 0)
    end as write_tokens
from read
