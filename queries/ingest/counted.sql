-- Logged counts, made disjoint, for every format. Logs, and versions of one program, differ in whether the input count
-- includes cache reads and writes, and whether the output count includes the reasoning. If a log states a total, the
-- reading that adds up to it is right. If none does, or there is no total, the format says which one is more likely.

with numbers as (
    select
        *,
        case when input_tokens >= 0 then input_tokens end as i,
        coalesce(cache_read_tokens, 0) as r,
        -- what the parts leave of all writes lives five minutes
        greatest(
            coalesce(cache_write_tokens, 0), coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)
        ) as w,
        case when output_tokens >= 0 then output_tokens end as o,
        coalesce(reasoning_tokens, 0) as t,
        case when total_tokens >= 0 then total_tokens end as s,
        -- an invalid count is kept, to be rejected later
        has_no_count
        or coalesce(least(
            input_tokens, cache_read_tokens, cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
            output_tokens, reasoning_tokens
        ) < 0, false) as is_nonsense,
        -- a count that no format reads must not be ignored
        case when unread_usage is not null then unknown_counts(unread_usage, known.names) end as unknown_names
    from converted
    cross join known
),

-- one count that is missing is what the total has beyond the other: embeddings name their total alone
completed as (
    select
        * replace (
            case
                when i is null and s is not null and coalesce(input_holds, '') <> 'caches'
                then greatest(s - coalesce(o, 0) - r - w, 0)
                when i is null and s is not null then greatest(s - coalesce(o, 0), 0)
                else i
            end as i,
            case when o is null and i is not null and s >= i and not is_nonsense then greatest(s - i - case
                when input_holds = 'caches' then 0 when input_holds = 'reads' then w else r + w
            end, 0) else o end as o,
            nullif(s, 0) as s
        )
    from numbers
),

fitted as (
    select
        *,
        i >= r + w and s in (i + o, i + o + t) as fits_caches,
        i >= r and s in (i + w + o, i + w + o + t) as fits_reads,
        s in (i + r + w + o, i + r + w + o + t) as fits_nothing,
        -- a total that leaves out caches which cannot be inside
        i < r + w and s in (i + o, i + o + t) as fits_without
    from completed
),

read as (
    select
        *,
        case
            when input_holds = 'caches' and fits_caches then 'caches'
            when input_holds = 'reads' and fits_reads then 'reads'
            when input_holds is null and fits_nothing then 'nothing'
            when fits_caches then 'caches'
            when fits_reads then 'reads'
            when fits_nothing then 'nothing'
            when input_holds = 'caches' and i >= r + w then 'caches'
            when input_holds is not null and i >= r then 'reads'
            else 'nothing'
        end as holds,
        coalesce(fits_caches or fits_reads or fits_nothing or fits_without, false) as fits
    from fitted
),

totalled as (
    select
        *,
        case holds when 'caches' then i when 'reads' then i + w else i + r + w end as prompt,
        -- what a total that fits counts as prompt
        case when fits and not (fits_caches or fits_reads or fits_nothing) then i
            else case holds when 'caches' then i when 'reads' then i + w else i + r + w end
        end as prompt_in_total
    from read
),

answered as (
    select
        *,
        case
            when fits and s = prompt_in_total + o + t and (t > o or s <> prompt_in_total + o) then o + t
            when fits then o
            -- who states no reasoning leaves it out of the answer and has it in the total
            when reasoning_tokens is null and s > prompt + o then s - prompt
            when output_excludes_reasoning or t > o then o + t
            else o
        end as answer
    from totalled
)

select
    * exclude (
        names, i, r, w, o, t, s, is_nonsense, fits_caches, fits_reads, fits_nothing, fits_without, holds, fits, prompt,
        prompt_in_total, answer, cache_write_tokens, total_tokens, input_holds, output_excludes_reasoning, unread_usage
    ) replace (
        case
            when is_nonsense or i is null then input_tokens
            else case holds when 'caches' then i - r - w when 'reads' then i - r else i end
        end as input_tokens,
        case
            when is_nonsense and cache_write_tokens < 0 then cache_write_tokens
            when is_nonsense then cache_write_5m_tokens
            when w > 0 then w - coalesce(cache_write_1h_tokens, 0)
        end as cache_write_5m_tokens,
        case when is_nonsense or answer is null then output_tokens else answer end as output_tokens,
        coalesce(carries_call, false) or coalesce(len(unknown_names) > 0, false) as carries_call
    ),
    not is_nonsense
    and not fits
    and (
        (s is not null and case
            -- known to leave their reasoning out
            when reasoning_tokens is null and s > prompt + o
            then not regexp_matches(lower(concat(provider, model)), 'gemini|grok')
            else true
        end)
        -- without a total, the usual reading is doubtful where one count is too small to include the other
        or (s is null and t > o and output_excludes_reasoning is distinct from true)
        or (s is null and input_holds = 'caches' and holds <> 'caches')
    ) as counts_doubtful
from answered
