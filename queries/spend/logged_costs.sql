-- logged-costs: what the log says it cost beside what its tokens cost
--
-- question: Where do the log's own costs differ from the price table's, and why?
-- assumes: only requests that carry a cost of their own are compared.
-- assumes: the reason is the first of a list that fits, told from the log alone: a hint, not a proof.

with compared as (
    select
        *,
        cost_logged_usd - cost_usd as difference_usd,
        cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens as cached_tokens
    from priced
    where cost_logged_usd is not null
),

summed as (
    select
        model,
        sum(calls)::bigint as requests,
        sum(cost_logged_usd::decimal(38, 15))::double as cost_logged_usd,
        sum(cost_usd::decimal(38, 15))::double as cost_usd,
        sum(difference_usd::decimal(38, 15))::double as difference_usd,
        coalesce(sum(calls) filter (where cost_usd is null), 0)::bigint as unpriced_requests,
        sum(calls) filter (where cost_logged_usd = 0) / sum(calls) as share_logged_zero,
        sum(cached_tokens) > 0 as has_cache_use,
        max(abs(difference_usd)) / nullif(sum(abs(difference_usd)), 0) as share_of_largest,
        arg_max(request_id, abs(difference_usd)) as largest_request_id,
        median(cost_logged_usd / nullif(cost_usd, 0)) as ratio_p50
    from compared
    group by model
)

select
    model,
    requests,
    cost_logged_usd,
    cost_usd,
    difference_usd,
    case
        when unpriced_requests = requests then 'the price table has no price'
        when abs(difference_usd) <= 0.01 * greatest(cost_usd, cost_logged_usd) then 'they agree within 1 %'
        when share_logged_zero > 0.9 then 'the log says $0: a free or preview model, or a cost never filled in'
        when share_of_largest > 0.5 and requests > 2
            then 'one request makes most of it: ' || largest_request_id
        when ratio_p50 between 0.49 and 0.51 then 'the log has half the list price: a batch or other discount'
        when has_cache_use and difference_usd > 0 then 'the log may price cached tokens as plain input'
        when difference_usd > 0 and not has_cache_use then 'the log has a higher price, or counts what it does not show'
        else 'the log has a lower price, or cached tokens that it does not show: median '
            || round(ratio_p50, 2) || ' of list'
    end as reason
from summed
order by abs(difference_usd) desc nulls last, model
