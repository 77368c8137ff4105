-- caps: the caps on output tokens, and how many answers ended at them
--
-- question: Where are answers cut off?
-- param top int = 40: how many caps to list, most used first.

select
    by_feature as feature,
    by_model as model,
    max_output_tokens,
    sum(calls)::bigint as requests,
    coalesce(sum(calls) filter (where is_cut_off(stop_reason)), 0)::bigint as cut_off
from priced
where max_output_tokens is not null
group by by_feature, by_model, max_output_tokens
order by requests desc, feature, model, max_output_tokens
limit $top
