-- logged-costs: logged costs compared with the cost of the tokens
--
-- question: Where do logged costs differ from the price table, and why?
-- assumes: only requests with a logged cost are compared.
-- assumes: a reason is given only if the totals, recomputed for that reason, come within 1% of the log; otherwise the
--   difference is left unexplained.

with compared as (
    select
        *,
        cost_logged_usd - cost_usd as difference_usd,
        cost_usd - cache_read_cost_usd - cache_write_cost_usd
        + case
            when cached_tokens(priced) = 0 then 0
            else cached_tokens(priced) * input_cost_usd / nullif(input_tokens, 0)
        end as uncached_usd
    from priced
    where cost_logged_usd is not null
),

summed as (
    select
        model,
        sum(calls)::bigint as requests,
        exact_sum(cost_logged_usd) as cost_logged_usd,
        exact_sum(cost_usd) as cost_usd,
        exact_sum(difference_usd) as difference_usd,
        unpriced_calls(compared) as unpriced_requests,
        sum(calls) filter (where cost_logged_usd = 0) / sum(calls) as share_logged_zero,
        sum(cost_logged_usd) filter (where uncached_usd is not null) as checked_logged_usd,
        sum(uncached_usd) as uncached_usd,
        count(uncached_usd) / count(*) as checked_share,
        sum(cached_tokens(compared)) > 0 as has_cache_use,
        sum(fees_cost_usd) as fees_usd,
        max(abs(difference_usd)) / nullif(sum(abs(difference_usd)), 0) as share_of_largest,
        arg_max(request_id, abs(difference_usd)) as largest_request_id,
        median(cost_logged_usd / nullif(cost_usd, 0)) as ratio_p50,
        quantile_cont(cost_logged_usd / nullif(cost_usd, 0), 0.05) as ratio_p05,
        quantile_cont(cost_logged_usd / nullif(cost_usd, 0), 0.95) as ratio_p95
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
        when abs(difference_usd) <= 0.01 * greatest(cost_usd, cost_logged_usd) then 'agree within 1%'
        when share_logged_zero > 0.9 then 'the log says $0 for ' || round(100 * share_logged_zero) || '% of them'
        when has_cache_use and checked_share > 0.9
            and abs(checked_logged_usd - uncached_usd) <= 0.01 * checked_logged_usd
            then 'checked: the log prices cached tokens as plain input'
        when fees_usd > 0 and abs(cost_logged_usd - (cost_usd - fees_usd)) <= 0.01 * cost_logged_usd
            then 'checked: the log leaves out the fees of searches, tools and requests'
        when requests > 1 and ratio_p95 - ratio_p05 <= 0.02 * ratio_p50
            then 'checked: the log has ' || round(ratio_p50, 3) || ' times the price for each of them'
            || case
                when ratio_p50 between 0.495 and 0.505 then ', as a batch would cost'
                when ratio_p50 between 1.095 and 1.105 then ', as data residency would cost'
                else ''
            end
        when share_of_largest > 0.5 and requests > 2
            then 'one request makes most of it: ' || largest_request_id
        else 'not explained (logged ÷ computed, median request: ' || round(ratio_p50, 2) || ')'
    end as reason
from summed
order by abs(difference_usd) desc nulls last, model
