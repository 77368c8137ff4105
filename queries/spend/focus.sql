-- focus: charges in the columns of FOCUS 1.2, a row for each day, price and thing that is paid for
--
-- question: What do the requests cost in the words of the FinOps Open Cost and Usage Specification?
-- assumes: prices are list prices, so the four costs of a row are equal; what a contract, a commitment or a tax changes
--   is in no log. A bill's period is a calendar month in UTC, a charge's a day.
-- assumes: requests without a price or a time are left out: FOCUS has no row without a cost or a period.

with charges as (
    select *, 'Input Tokens' as kind, input_tokens as quantity, input_cost_usd as usd from priced
    union all by name
    select *, 'Cache Read Tokens' as kind, cache_read_tokens as quantity, cache_read_cost_usd as usd from priced
    union all by name
    select *, 'Cache Write Tokens' as kind, cache_write_tokens as quantity, cache_write_cost_usd as usd from priced
    union all by name
    select *, 'Output Tokens' as kind, output_tokens as quantity, output_cost_usd as usd from priced
    union all by name
    select *, 'Fees' as kind, calls as quantity, fees_cost_usd as usd from priced
),

charged as (
    select
        *,
        ts::date as day,
        coalesce(provider, 'unknown') as seller,
        -- requests at one price share a row
        round(usd / quantity * 1e6, 6) as usd_million
    from charges
    where ts is not null and quantity > 0 and usd is not null and (usd > 0 or kind <> 'Fees')
),

grouped as (
    select
        day,
        seller,
        model,
        service_tier,
        region,
        organisation,
        by_feature as feature,
        kind,
        usd_million,
        sum(quantity)::double as quantity,
        exact_sum(usd) as usd
    from charged
    group by all
)

select
    usd as "BilledCost",
    coalesce(organisation, 'unknown') as "BillingAccountId",
    null::varchar as "BillingAccountName",
    'USD' as "BillingCurrency",
    strftime(date_trunc('month', day) + interval 1 month, '%Y-%m-%dT00:00:00Z') as "BillingPeriodEnd",
    strftime(date_trunc('month', day), '%Y-%m-%dT00:00:00Z') as "BillingPeriodStart",
    'Usage' as "ChargeCategory",
    null::varchar as "ChargeClass",
    kind || ' of ' || model || ', ' || service_tier as "ChargeDescription",
    'Usage-Based' as "ChargeFrequency",
    strftime(day + interval 1 day, '%Y-%m-%dT00:00:00Z') as "ChargePeriodEnd",
    strftime(day, '%Y-%m-%dT00:00:00Z') as "ChargePeriodStart",
    quantity as "ConsumedQuantity",
    case when kind = 'Fees' then 'Requests' else 'Tokens' end as "ConsumedUnit",
    usd as "ContractedCost",
    round(case when kind = 'Fees' then usd / quantity else usd / quantity * 1e6 end, 12) as "ContractedUnitPrice",
    usd as "EffectiveCost",
    null::varchar as "InvoiceId",
    seller as "InvoiceIssuerName",
    usd as "ListCost",
    round(case when kind = 'Fees' then usd / quantity else usd / quantity * 1e6 end, 12) as "ListUnitPrice",
    'Standard' as "PricingCategory",
    case when kind = 'Fees' then quantity else quantity / 1e6 end as "PricingQuantity",
    case when kind = 'Fees' then 'Requests' else '1000000 Tokens' end as "PricingUnit",
    seller as "ProviderName",
    seller as "PublisherName",
    region as "RegionId",
    region as "RegionName",
    'AI and Machine Learning' as "ServiceCategory",
    seller as "ServiceName",
    'Generative AI' as "ServiceSubcategory",
    seller || '/' || model as "SkuId",
    kind as "SkuMeter",
    concat_ws('/', seller, model, service_tier, region, kind, usd_million) as "SkuPriceId",
    json_object('feature', feature)::varchar as "Tags"
from grouped
order by day, "SkuPriceId", feature
