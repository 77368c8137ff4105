-- cautions: what limits the trust in the total
--
-- question: Which requests are missing from the total, or understated in it?
-- assumes: a model is known if it has a standard price; an unpriced request of a known model has a tier or a region
--   without a price.

with known as (
    select distinct provider, model, true as is_known from prices where service_tier = 'standard' and region = ''
)

select
    priced.model,
    priced.provider,
    coalesce(bool_or(known.is_known), false) as is_known,
    priced.service_tier,
    priced.region,
    sum(calls)::bigint as requests,
    unpriced_calls(priced) as unpriced_requests,
    coalesce(sum(prompt_tokens) filter (where cost_usd is null), 0)::bigint as unpriced_input_tokens,
    coalesce(sum(output_tokens) filter (where cost_usd is null), 0)::bigint as unpriced_output_tokens,
    sum(cost_logged_usd) filter (where cost_usd is null) as unpriced_cost_logged_usd,
    coalesce(sum(calls) filter (where output_partial), 0)::bigint as partial_output_requests,
    coalesce(sum(calls) filter (where ts is null), 0)::bigint as requests_without_time,
    exact_sum(cost_usd) as cost_usd
from priced
left join known on known.model = priced.model and known.provider is not distinct from priced.provider
group by priced.provider, priced.model, priced.service_tier, priced.region
order by cost_usd desc nulls last, priced.model, priced.provider, priced.service_tier, priced.region
