-- repricing: the pairs of periods between which a price changed
--
-- question: How many requests of each pair have a model whose price changed between its first and its last day?

select
    pairs.pair,
    sum(cells.requests)::bigint as requests
from pairs
inner join sides on sides.pair = pairs.pair
inner join cells on cells.day_number = sides.slice
where exists (
    select 1
    from prices
    where
        prices.model = cells.model
        and prices.provider is not distinct from cells.provider
        and prices.valid_from > pairs.earlier_since
        and prices.valid_from < pairs.later_until
)
group by pairs.pair
order by pairs.pair
