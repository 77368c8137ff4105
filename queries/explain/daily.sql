-- daily: requests summed by day and by everything that a split distinguishes, for all of them and for each contributor
--
-- question: What does the split of any two stretches of whole days start from, in all and for a contributor?
-- assumes: value_number is 0 for all requests, else that of a value of a key.
-- assumes: a prompt that was used on one day only cannot be in two periods; its requests are grouped with those of the
--   other such prompts of their feature.

with summed as (
    select
        local_time(priced.ts)::date as day,
        priced.by_feature,
        lasting_prompts.prompt_id,
        priced.prompt_id is not null as has_prompt,
        priced.provider,
        priced.model,
        priced.service_tier,
        priced.region,
        value_0.value_number as value_0,
        value_1.value_number as value_1,
        value_2.value_number as value_2,
        value_3.value_number as value_3,
        value_4.value_number as value_4,
        value_5.value_number as value_5,
        value_6.value_number as value_6,
        value_7.value_number as value_7,
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
    left join lasting_prompts on lasting_prompts.prompt_id = priced.prompt_id
    left join contributing as value_0 on value_0.place = 0 and value_0.value is not distinct from priced.key_0
    left join contributing as value_1 on value_1.place = 1 and value_1.value is not distinct from priced.key_1
    left join contributing as value_2 on value_2.place = 2 and value_2.value is not distinct from priced.key_2
    left join contributing as value_3 on value_3.place = 3 and value_3.value is not distinct from priced.key_3
    left join contributing as value_4 on value_4.place = 4 and value_4.value is not distinct from priced.key_4
    left join contributing as value_5 on value_5.place = 5 and value_5.value is not distinct from priced.key_5
    left join contributing as value_6 on value_6.place = 6 and value_6.value is not distinct from priced.key_6
    left join contributing as value_7 on value_7.place = 7 and value_7.value is not distinct from priced.key_7
    where priced.ts is not null
    group by all
)

select
    unnest(list_filter(
        [0, value_0, value_1, value_2, value_3, value_4, value_5, value_6, value_7], lambda number: number is not null
    )) as value_number,
    * exclude (value_0, value_1, value_2, value_3, value_4, value_5, value_6, value_7)
from summed
