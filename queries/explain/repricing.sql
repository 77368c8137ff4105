-- repricing: the pairs of periods between which a price changed
--
-- question: How many requests of each pair have a model whose price changed between its first and its last day?

select
    pairs.pair,
    sum(daily.requests)::bigint as requests
from pairs
inner join daily
    on (daily.day >= pairs.earlier_since and daily.day < pairs.earlier_until)
    or (daily.day >= pairs.later_since and daily.day < pairs.later_until)
where daily.value_number = 0 and pairs.value_number = 0 and exists (
    select 1
    from prices
    where
        prices.model = daily.model
        and prices.provider is not distinct from daily.provider
        and prices.valid_from > pairs.earlier_since
        and prices.valid_from < pairs.later_until
)
group by pairs.pair
order by pairs.pair
