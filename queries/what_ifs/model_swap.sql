-- model-swap: some or all requests go to another model, or pay the prices of another day
--
-- question: What would the traffic have cost on another model, or at the prices of another day?
-- param target model = claude-haiku-4-5: the new model; none keeps every model.
-- param models names = all: models to replace.
-- param features names = all: features to move.
-- param prices_on date = none: the day whose prices are paid, like 2026-01-31; none uses the day of each request.
-- param cache choice(lost, kept) = kept: what happens to tokens read from and written to a prompt cache.
-- param input_ratio float(0, inf) = none: tokens of the new model per token of the old one; none uses the table of
--   tokenizers.
-- param verbosity float(0, inf) = 1: how much the new model writes, as a multiple of what the old one wrote.
-- neutral: target=none
-- then: moved
-- facts: token_counts
-- low: verbosity=1.3
-- high: verbosity=0.7
-- alters: another model answers
-- unmeasured: the new model's answers are not judged
-- assumes: the new model's answers are not judged: quality is not measured.
-- assumes: tokenizers differ as in the table token_counts: newer Claude models count 30 % more than older ones. The new
--   model writes as much as the old one, 0.7 to 1.3 times at the ends of the range: on RouteLLM's GSM8K answers Mixtral
--   8x7B wrote 0.72 times GPT-4's characters.
-- assumes: prompt caching works as before, at the new model's prices.
-- assumes: prices of another day are the list prices known for it; a model without a price on that day pays the price
--   of the request's own day.

with listed as (
    select provider, model, min(valid_from) as priced_from
    from prices
    group by provider, model
),

chosen as (
    select
        *,
        is_named(model, $models) and is_named(feature, $features) as is_meant
    from requests
),

aimed as (
    select
        * exclude (is_meant),
        is_meant,
        case when is_meant and $target is not null then $target else model end as wanted,
        case when is_meant and $target is not null then $target_provider else provider end as wanted_provider
    from chosen
)

select
    aimed.* exclude (is_meant) replace (
        case
            when is_meant and listed.priced_from <= $prices_on::date then $prices_on::date
            else priced_on
        end as priced_on
    ),
    null::double as wanted_cost_usd
from aimed
left join listed on listed.model = aimed.wanted and listed.provider is not distinct from aimed.wanted_provider
