-- model-swap: some or all requests go to another model, or pay the prices of another day
--
-- question: What would the traffic have cost on another model, or at the prices of another day?
-- param target model(cheaper) = claude-haiku-4-5: the new model; none keeps every model. cheaper: for each model the
--   dearest of its vendor's current models that costs at least 10% less on its tokens, where a request fits into it.
-- param models names = all: models to replace.
-- param features names = all: features to move.
-- param prices_on date = none: the day whose prices are paid, like 2026-01-31; none uses the day of each request.
-- param cache choice(lost, kept) = kept: what happens to tokens read from and written to a prompt cache.
-- param input_ratio float(0, inf) = none: tokens of the new model per token of the old one; none uses the table of
--   tokenizers.
-- param verbosity float(0, inf) = 1: how much the new model writes, as a multiple of what the old one wrote.
-- neutral: target=none
-- order: 35
-- stacked: target=cheaper
-- reads: facts/current_models
-- needs: $target is distinct from 'cheaper' or exists(select 1 from current_models as vendor where
--   regexp_matches(lower(requests.model), vendor.models)): a model of a vendor whose current models are listed
-- then: moved
-- facts: token_counts
-- low: verbosity=1.3
-- high: verbosity=0.7
-- grid: target=cheaper
-- alters: another model answers
-- unmeasured: the new model's answers are not judged
-- assumes: the new model's answers are not judged: quality is not measured.
-- assumes: tokenizers differ as in the table token_counts: newer Claude models count 30% more than older ones. The new
--   model writes as much as the old one, 0.7 to 1.3 times at the ends of the range: on RouteLLM's GSM8K answers Mixtral
--   8x7B wrote 0.72 times GPT-4's characters.
-- assumes: the cheaper model of target=cheaper is one that Anthropic, OpenAI or Google listed as current in November
--   2026 and the same provider sells, chosen by today's list prices, in hindsight, once for all requests of a model.
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

asked as (
    -- what may go to a cheaper model
    select
        *,
        prompt_tokens(chosen) as prompt_tokens
    from chosen
    where $target = 'cheaper' and is_meant and answered_by <> 'cache'
),

sold as (
    select *
    from prices
    where is_list_price(prices) and weekday_from = 1 and minute_from = 0
),

offered as (
    -- for each model those that its vendor and its provider offer, with the tokens that they make of one of its own
    select
        met.provider,
        met.model,
        named.model as offer,
        current_models.context_tokens,
        coalesce($input_ratio, after.tokens / before.tokens, 1) as ratio
    from (select distinct provider, model from asked) as met
    inner join current_models
        on regexp_matches(lower(met.model), current_models.models)
        and not regexp_matches(lower(met.model), coalesce(current_models.apart, '^$'))
    inner join (select distinct provider, model from sold) as named
        on named.provider = met.provider
        and named.model <> met.model
        and (
            named.model = current_models.model
            or ends_with(named.model, '.' || current_models.model)
            or ends_with(named.model, '/' || current_models.model)
        )
    left join token_counts as before on before.model = met.model
    left join token_counts as after on after.model = named.model
),

options as (
    select * from offered
    union all
    select distinct provider, model, model, null, 1 from offered
),

totals as (
    select
        options.provider,
        options.model,
        options.offer,
        options.context_tokens,
        options.ratio,
        sum(options.ratio * (
            asked.input_tokens * sold.input_usd_mtok
            + asked.cache_read_tokens * sold.cache_read_usd_mtok
            + asked.cache_write_5m_tokens * sold.cache_write_5m_usd_mtok
            + asked.cache_write_1h_tokens * sold.cache_write_1h_usd_mtok
            + asked.output_tokens * sold.output_usd_mtok
        )) as usd
    from asked
    inner join options on options.provider = asked.provider and options.model = asked.model
    inner join sold
        on sold.provider = options.provider
        and sold.model = options.offer
        and asked.prompt_tokens * options.ratio >= sold.prompt_min
        and coalesce(asked.prompt_tokens * options.ratio <= sold.prompt_max, true)
    group by options.provider, options.model, options.offer, options.context_tokens, options.ratio
),

cheaper as (
    select provider, model, offer, context_tokens, ratio
    from (
        select
            totals.*,
            row_number() over (
                partition by totals.provider, totals.model order by totals.usd desc, totals.offer
            ) as place
        from totals
        inner join totals as own
            on own.provider = totals.provider and own.model = totals.model and own.offer = own.model
        where totals.usd <= 0.9 * own.usd
    )
    where place = 1
),

aimed as (
    select
        chosen.* exclude (is_meant),
        is_meant,
        case
            when not is_meant or $target is null then chosen.model
            when $target <> 'cheaper' then $target
            when answered_by <> 'cache'
                and cheaper.ratio * (prompt_tokens(chosen) + output_tokens) <= cheaper.context_tokens
            then cheaper.offer
            else chosen.model
        end as wanted,
        case when is_meant and $target <> 'cheaper' then $target_provider else chosen.provider end as wanted_provider
    from chosen
    left join cheaper on cheaper.provider = chosen.provider and cheaper.model = chosen.model
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
