-- fees: charges by use, by tool
--
-- question: Which searches, tools and requests were billed, and which of them have no known price?
-- assumes: Google's free quota of grounded prompts belongs to the account, so it is reported and not deducted: 5,000
--   prompts a month with Gemini 3 and later, 1,500 a day before (ai.google.dev/gemini-api/docs/pricing, November 2026).

with listed as (
    select model, provider, list_distinct(flatten(list(map_keys(tools_usd)))) as tools
    from prices
    where service_tier = 'standard' and region = ''
    group by model, provider
),

used as (
    select priced.model, priced.provider, unnest(map_keys(priced.tools)) as tool, unnest(map_values(priced.tools)) as uses
    from priced
    where priced.tools is not null
),

grounded as (
    select
        case when regexp_matches(model, 'gemini-(1|2|pro|flash)') then strftime(ts, '%Y-%m-%d') else strftime(ts, '%Y-%m') end
            as stretch,
        case when regexp_matches(model, 'gemini-(1|2|pro|flash)') then 1500 else 5000 end as free_prompts,
        sum(calls) as prompts,
        sum(fees_cost_usd) as fees_usd
    from priced
    where provider = 'google' and web_searches > 0 and fees_cost_usd > 0
    group by all
)

select 'unpriced' as kind, used.tool as name, sum(used.uses)::bigint as uses, null::double as fees_usd
from used
left join listed on listed.model = used.model and listed.provider is not distinct from used.provider
where not list_contains(coalesce(listed.tools, []), used.tool)
group by used.tool
union all
select
    'free quota' as kind,
    'grounding' as name,
    sum(prompts)::bigint as uses,
    sum(fees_usd * least(1, free_prompts / prompts))::double as fees_usd
from grounded
having sum(fees_usd) > 0
order by kind, uses desc, name
