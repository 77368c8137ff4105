-- lives: for whom a what-if has prompt caches live five minutes or an hour
--
-- question: Whose recorded caches get which life, and how many histories does it keep or lose?

with changed as (
    select
        prompt_of(after) as prompt,
        after.thread_id is not null or after.branched as is_subagent,
        after.cache_write_1h_tokens > 0 as lives_1h,
        after.cache_read_tokens > before.cache_read_tokens as is_regained,
        after.cache_read_tokens < before.cache_read_tokens as is_lost
    from before
    inner join after using (request_id)
    where
        before.cache_write_1h_tokens <> after.cache_write_1h_tokens
        or before.cache_write_5m_tokens <> after.cache_write_5m_tokens
),

chosen as (
    select
        prompt,
        is_subagent,
        bool_or(lives_1h) as lives_1h,
        count(*) as requests,
        count(*) filter (where is_regained) as pauses_regained,
        count(*) filter (where is_lost) as pauses_lost
    from changed
    group by prompt, is_subagent
),

told as (
    select
        *,
        'cache-lives: ' || case when is_subagent then 'subagents' else 'main conversations' end
        || case when prompt = 'all' then '' else ' of ' || prompt end
        || ': ' || case when lives_1h then '1h instead of 5m' else '5m instead of 1h' end
        || case
            when lives_1h and pauses_regained > 0
            then format(' (histories read after a pause instead of written again: {:,})', pauses_regained)
            when not lives_1h and pauses_lost > 0
            then format(' (histories written again after a pause instead of read: {:,})', pauses_lost)
            else ''
        end as note
    from chosen
)

select
    sum(requests)::bigint as requests_with_another_life,
    sum(pauses_regained)::bigint as histories_read_after_a_pause,
    sum(pauses_lost)::bigint as histories_written_again_after_a_pause,
    list(note order by requests desc, prompt, is_subagent)[1:3] as notes
from told
having sum(requests) > 0
