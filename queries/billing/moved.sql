-- moved: requests as their new model would bill them
--
-- question: How many tokens would a request have on the model that it moves to?
-- param cache choice(lost, kept) = lost: what happens to tokens read from and written to a prompt cache.
-- param input_ratio float(0, inf) = none: tokens of the new model per token of the old one; none uses the table of
--   tokenizers.
-- param verbosity float(0, inf) = 1: how much the new model writes, as a multiple of what the old one wrote.
-- assumes: the prefixes of a prompt grow and shrink with the whole prompt.
-- assumes: a request that moves to a model without a price for its tier or region pays the standard price.
-- assumes: a request that stays is unchanged. `wanted_cost_usd` is the cost on the new model, where it is known.

with sold as (
    select distinct provider, model, service_tier, region, true as is_sold from prices
),

counted as (
    select
        decided.*,
        wanted is distinct from decided.model and sold.is_sold is null as is_not_sold,
        wanted is distinct from decided.model as moves,
        $cache = 'lost' and wanted is distinct from decided.model as leaves,
        case
            when wanted is distinct from decided.model then coalesce($input_ratio, after.tokens / before.tokens, 1)
            else 1
        end as ratio
    from decided
    left join token_counts as before on before.model = decided.model
    left join token_counts as after on after.model = decided.wanted
    left join sold
        on sold.model = decided.wanted
        and sold.provider is not distinct from decided.wanted_provider
        and sold.service_tier = decided.service_tier
        and sold.region = coalesce(decided.region, '')
),

rescaled as (
    select
        * exclude (moves, leaves, is_not_sold) replace (
            case when moves then wanted else model end as model,
            case when moves then wanted_provider else provider end as provider,
            case when is_not_sold then 'standard' else service_tier end as service_tier,
            case when is_not_sold then null else region end as region,
            round(
                ratio * case
                    when leaves then prompt_tokens(counted)
                    else input_tokens
                end
            )::bigint as input_tokens,
            case when leaves then 0 else round(cache_read_tokens * ratio)::bigint end as cache_read_tokens,
            case when leaves then 0 else round(cache_write_5m_tokens * ratio)::bigint end
                as cache_write_5m_tokens,
            case when leaves then 0 else round(cache_write_1h_tokens * ratio)::bigint end
                as cache_write_1h_tokens,
            case when moves then round(output_tokens * ratio * $verbosity)::bigint else output_tokens end
                as output_tokens,
            case
                when moves then round(output_used_tokens * ratio * $verbosity)::bigint
                else output_used_tokens
            end as output_used_tokens,
            case when moves then round(reasoning_tokens * ratio * $verbosity)::bigint else reasoning_tokens end
                as reasoning_tokens,
            coalesce(wanted_cost_usd, cost_override_usd) as cost_override_usd
        )
    from counted
),

summed as (
    -- a lambda that asks for the sum itself would get whole rows, once for each block
    select *, prompt_tokens(rescaled) as whole_prompt_tokens from rescaled
)

select
    * exclude (wanted, wanted_provider, wanted_cost_usd, ratio, whole_prompt_tokens) replace (
        -- parts of a prompt are rounded separately, so a prefix could otherwise be longer than their sum
        case
            when ratio = 1 or prefix is null then prefix
            else list_transform(prefix, lambda block: {
                'hash': block.hash,
                'tokens': least(round(block.tokens * ratio)::bigint, whole_prompt_tokens)
            })
        end as prefix
    )
from summed
