-- lengths: the lengths of prompts and answers
--
-- question: How are the lengths of prompts and answers distributed, by feature, model and day?
-- param detail int = 3: 3 splits by day, feature and model, 2 by feature and model, 1 by feature, 0 by none.
-- assumes: a bin starts at its number of tokens; bins grow by the square root of two. A row that represents several
--   calls counts with their mean.

with measured as (
    select
        case when $detail >= 3 then by_day end as day,
        case when $detail >= 1 then by_feature end as feature,
        case when $detail >= 2 then by_model end as model,
        calls,
        prompt_tokens // calls as prompt_tokens,
        output_tokens // calls as output_tokens
    from priced
),

binned as (
    select 'prompt' as part, floor(2 * log2(greatest(prompt_tokens, 1)))::integer as bin, day, feature, model, calls
    from measured
    union all
    select 'answer' as part, floor(2 * log2(greatest(output_tokens, 1)))::integer as bin, day, feature, model, calls
    from measured
)

select part, bin, day, feature, model, sum(calls)::bigint as requests
from binned
group by part, bin, day, feature, model
order by part, bin, day, feature, model
