-- usual-output: how long answers are on average, on each model that has some whose length was not logged
--
-- question: How many tokens would the answers have that the log cut short, and what does one of them cost?
-- assumes: the average is that of the complete answers on the same model, else on all: what is missing is a sum, and a
--   median would halve it, since a few answers are very long. A missing token costs what an output token costs on its
--   model.

with complete as (
    select model, calls, output_tokens
    from priced
    where not output_partial and status = 'ok' and output_tokens > 0
),

on_all as (
    select sum(output_tokens) / sum(calls) as tokens from complete
),

on_model as (
    select model, sum(output_tokens) / sum(calls) as tokens from complete group by model
),

paid as (
    select model, median(case when output_tokens > 0 then output_cost_usd / output_tokens end) as usd_per_token
    from priced
    where model in (select model from priced where output_partial)
    group by model
)

select paid.model, coalesce(on_model.tokens, on_all.tokens) as tokens, paid.usd_per_token
from paid
left join on_model on on_model.model = paid.model
cross join on_all
