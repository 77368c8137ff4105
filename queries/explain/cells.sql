-- cells: the compared requests, summed by everything that the split distinguishes
--
-- question: How many requests, tokens and dollars has each feature, prompt, model, tier, region, day and contributor?
-- assumes: game_0 to game_7 number the chosen contributors that a request belongs to, one of each key.
-- assumes: a prompt that was used in only one period cannot be compared with itself; its requests are grouped with
--   those of the other such prompts of their feature. The same holds for a feature: its requests have none here, and no
--   prompt, so that there are few cells where each request names a feature of its own.

select
    priced.in_later,
    priced.day_number,
    lasting_features.by_feature,
    case when lasting_features.by_feature is not null then lasting_prompts.prompt_id end as prompt_id,
    lasting_features.by_feature is not null and priced.prompt_id is not null as has_prompt,
    priced.provider,
    priced.model,
    priced.service_tier,
    priced.region,
    game_0.game as game_0,
    game_1.game as game_1,
    game_2.game as game_2,
    game_3.game as game_3,
    game_4.game as game_4,
    game_5.game as game_5,
    game_6.game as game_6,
    game_7.game as game_7,
    sum(priced.calls)::bigint as requests,
    unpriced_calls(priced) as unpriced_requests,
    priced_tokens(priced, priced.input_tokens) as input_tokens,
    priced_tokens(priced, priced.cache_read_tokens) as cache_read_tokens,
    priced_tokens(priced, priced.cache_write_tokens) as cache_write_tokens,
    priced_tokens(priced, priced.output_tokens) as output_tokens,
    coalesce(sum(exact(priced.input_cost_usd)), 0) as input_cost_usd,
    coalesce(sum(exact(priced.cache_read_cost_usd)), 0) as cache_read_cost_usd,
    coalesce(sum(exact(priced.cache_write_cost_usd)), 0) as cache_write_cost_usd,
    coalesce(sum(exact(priced.output_cost_usd)), 0) as output_cost_usd,
    coalesce(sum(exact(priced.fees_cost_usd)), 0) as fees_cost_usd,
    coalesce(sum(exact(priced.cost_usd)), 0) as cost_usd,
    max(struct_pack(cost := coalesce(priced.cost_usd, -1), id := priced.request_id)) as example
from priced
left join lasting_features on lasting_features.by_feature = priced.by_feature
left join lasting_prompts on lasting_prompts.prompt_id = priced.prompt_id
left join chosen as game_0 on game_0.place = 0 and game_0.value is not distinct from priced.key_0
left join chosen as game_1 on game_1.place = 1 and game_1.value is not distinct from priced.key_1
left join chosen as game_2 on game_2.place = 2 and game_2.value is not distinct from priced.key_2
left join chosen as game_3 on game_3.place = 3 and game_3.value is not distinct from priced.key_3
left join chosen as game_4 on game_4.place = 4 and game_4.value is not distinct from priced.key_4
left join chosen as game_5 on game_5.place = 5 and game_5.value is not distinct from priced.key_5
left join chosen as game_6 on game_6.place = 6 and game_6.value is not distinct from priced.key_6
left join chosen as game_7 on game_7.place = 7 and game_7.value is not distinct from priced.key_7
group by all
