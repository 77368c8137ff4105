-- games: the cells of the whole traffic, game 0, and of each contributor, numbered for the split
--
-- question: What does each split start from?
-- assumes: within a contributor's feature, a prompt is separate if that feature used it in both periods.
-- assumes: requests without a price are only counted: their tokens and dollars belong to no change.

with met as (
    select
        *,
        case
            when
                bool_or(in_later and not is_repriced and requests > unpriced_requests)
                    over (partition by game, by_feature, prompt_id)
                and bool_or(not in_later and not is_repriced and requests > unpriced_requests)
                    over (partition by game, by_feature, prompt_id)
                then prompt_id
        end as asked
    from played
)

select
    game,
    dense_rank() over (order by game, by_feature) - 1 as feature_number,
    dense_rank() over (order by game, by_feature, has_prompt, asked) - 1 as prompt_number,
    dense_rank() over (order by game, by_feature, has_prompt, asked, provider, model) - 1 as cell_number,
    dense_rank() over (order by game, by_feature, has_prompt, asked, provider, model, service_tier, region) - 1 as tier_number,
    in_later,
    is_repriced,
    sum(requests - unpriced_requests)::bigint as requests,
    sum(unpriced_requests)::bigint as unpriced_requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(input_cost_usd)::double as input_cost_usd,
    sum(cache_read_cost_usd)::double as cache_read_cost_usd,
    sum(cache_write_cost_usd)::double as cache_write_cost_usd,
    sum(output_cost_usd)::double as output_cost_usd,
    sum(fees_cost_usd)::double as fees_cost_usd
from met
group by game, by_feature, has_prompt, asked, provider, model, service_tier, region, in_later, is_repriced
order by tier_number, in_later, is_repriced
