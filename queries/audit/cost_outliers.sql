-- cost-outliers: single requests that cost far more than comparable ones
--
-- question: Which requests cost far more than others on the same model, by their tokens or by the log?
-- severity: warning
-- dollars: the cost above a median request on the same model, by tokens or by the log, whichever is higher
-- advice: check each one: cap a runaway prompt, or remove a wrong line from the log
-- param deviations float = 3.5: distance from the median, in robust standard deviations of the logarithm.
-- param least_factor float = 2: least factor by which requests are assumed to vary, where the log shows less.
-- param share float = 0.01: share of all spend, 0 to 1, that a request must have to be reported.
-- param least_requests int = 20: requests a model needs for its own median; with fewer, all models share one.
-- param examples int = 5: how many request ids to list.
-- assumes: modified z-score, 0.6745 / MAD, beyond 3.5: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993;
--   on logarithms, since costs of requests are spread over orders of magnitude.

with amounts as (
    select
        request_id, calls, coalesce(model, '(no model)') as model, greatest(cost_usd, cost_logged_usd) as amount_usd
    from priced
    where calls = 1 and greatest(cost_usd, cost_logged_usd) > 0
),

middles as (
    select model, median(ln(amount_usd)) as middle
    from amounts
    group by model
    having count(*) >= $least_requests
),

middle as (
    select sum(amount_usd) as amount_usd, median(ln(amount_usd)) as middle, count(*) as requests from amounts
),

usual as (
    select amounts.model, any_value(middles.middle) as middle, median(abs(ln(amounts.amount_usd) - middles.middle)) as spread
    from amounts
    inner join middles on middles.model = amounts.model
    group by amounts.model
),

whole as (
    select
        any_value(middle.amount_usd) as amount_usd,
        any_value(middle.requests) as requests,
        any_value(middle.middle) as middle,
        median(abs(ln(amounts.amount_usd) - middle.middle)) as spread
    from amounts
    cross join middle
),

large as (
    select
        amounts.*,
        coalesce(usual.middle, whole.middle) as middle,
        coalesce(usual.spread, whole.spread) as spread
    from amounts
    cross join whole
    left join usual on usual.model = amounts.model
    where amounts.amount_usd > $share * whole.amount_usd and whole.requests >= $least_requests
)

select
    model as subject,
    sum(calls)::bigint as requests,
    exact_sum(amount_usd - exp(middle)) as cost_usd,
    'up to ' || round(max(amount_usd / exp(middle)))::bigint || ' times the median request' as detail,
    list(request_id order by amount_usd desc, request_id)[1:$examples] as example_request_ids
from large
where ln(amount_usd) - middle > $deviations * greatest(spread / 0.6745, ln($least_factor))
group by model
order by cost_usd desc, subject
