-- games: the cells of the whole traffic, game 0, and of each contributor
--
-- question: What does each split start from?
-- assumes: within a contributor's feature, a prompt is separate if that feature used it in both periods.
-- assumes: what was asked in one period only is new or has disappeared with all that it cost, so that its dollars are one
--   cell of each game and period; by_feature is null where a feature was used in one period only.
-- assumes: requests without a price are only counted: their tokens and dollars belong to no change.
-- assumes: the requests of its game and of its feature are those of what lasted, and stand at each cell, so that cells can
--   be split a few prompts at a time: all cells of a prompt have the same `place`.

with separate as (
    select
        game,
        by_feature,
        prompt_id
    from played
    where prompt_id is not null and not is_repriced and requests > unpriced_requests
    group by game, by_feature, prompt_id
    having bool_or(in_later) and bool_or(not in_later)
),

lasting as (
    select
        played.game,
        played.by_feature,
        played.has_prompt,
        separate.prompt_id
    from played
    left join separate
        on separate.game = played.game
        and separate.by_feature = played.by_feature
        and separate.prompt_id = played.prompt_id
    where played.by_feature is not null and not played.is_repriced and played.requests > played.unpriced_requests
    group by played.game, played.by_feature, played.has_prompt, separate.prompt_id
    having bool_or(played.in_later) and bool_or(not played.in_later)
),

summed as (
    select
        played.game,
        case when lasting.game is null then in_later end as only_in_later,
        lasting.by_feature as feature,
        lasting.has_prompt,
        lasting.prompt_id,
        case when lasting.game is not null then provider end as provider,
        case when lasting.game is not null then model end as model,
        case when lasting.game is not null then service_tier end as service_tier,
        case when lasting.game is not null then region end as region,
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
    from played
    left join separate
        on separate.game = played.game
        and separate.by_feature = played.by_feature
        and separate.prompt_id = played.prompt_id
    left join lasting
        on lasting.game = played.game
        and lasting.by_feature = played.by_feature
        and lasting.has_prompt = played.has_prompt
        and lasting.prompt_id is not distinct from separate.prompt_id
    where lasting.game is not null or not is_repriced
    group by all
),

of_feature as (
    select
        game,
        feature,
        coalesce(sum(requests) filter (where not in_later), 0)::bigint as earlier_requests,
        coalesce(sum(requests) filter (where in_later), 0)::bigint as later_requests
    from summed
    where feature is not null and not is_repriced
    group by game, feature
),

of_game as (
    select
        game,
        sum(earlier_requests)::bigint as earlier_requests,
        sum(later_requests)::bigint as later_requests
    from of_feature
    group by game
)

select
    summed.*,
    (hash(summed.game, summed.feature, summed.has_prompt, summed.prompt_id) % 1024)::integer as place,
    coalesce(of_feature.earlier_requests, 0) as earlier_feature_requests,
    coalesce(of_feature.later_requests, 0) as later_feature_requests,
    coalesce(of_game.earlier_requests, 0) as earlier_game_requests,
    coalesce(of_game.later_requests, 0) as later_game_requests
from summed
left join of_feature on of_feature.game = summed.game and of_feature.feature = summed.feature
left join of_game on of_game.game = summed.game
