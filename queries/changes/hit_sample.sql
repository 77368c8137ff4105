-- hit-sample: hits on similar prompts to be judged
--
-- question: Which pairs of prompts, judged by a person, say most about how many hits of a semantic cache are wrong?
-- param count int(1, 100000) = 200: how many pairs.
-- assumes: the pairs fall into five groups of about the same similarity, and a pair is taken from each by a hash of its
--   prompts; the less similar, the more pairs, since there the hits are most in doubt.

with hits as (
    select
        after.answer_similarity as cosine,
        asked.request_id as request_1,
        stored.request_id as request_2,
        asked.prompt as prompt_1,
        stored.prompt as prompt_2
    from after
    inner join before using (request_id)
    inner join texts as asked on asked.request_id = after.request_id
    inner join texts as stored on stored.request_id = after.answered_from
    where
        after.answered_by = 'cache'
        and before.answered_by is distinct from 'cache'
        and asked.prompt <> stored.prompt
),

pairs as (
    select
        prompt_1,
        prompt_2,
        max(cosine) as cosine,
        min_by(request_1, (request_1, request_2)) as request_1,
        min_by(request_2, (request_1, request_2)) as request_2,
        count(*) as hits
    from hits
    group by prompt_1, prompt_2
),

grouped as (
    select *, ntile(5) over (order by cosine, request_1) as stratum
    from pairs
),

placed as (
    select *, row_number() over (partition by stratum order by md5(prompt_1 || chr(0) || prompt_2)) as place
    from grouped
)

select prompt_1, prompt_2, null::varchar as label, cosine, hits, request_1, request_2
from placed
order by place / [5, 4, 3, 2, 2][stratum], stratum
limit $count
