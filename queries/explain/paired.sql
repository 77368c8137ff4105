-- paired: the cells of each pair of periods, each pair, and each contributor to it, a game of its own
--
-- question: What does the split of each pair start from?
-- assumes: a pair in `pairs` is of all requests where its value_number is 0, else of the contributor of that number.

with sided as (
    select
        sides.pair,
        sides.in_later,
        false as is_repriced,
        played.* exclude (in_later, day_number)
    from played
    inner join sides on sides.slice = played.day_number
    union all
    select
        pair,
        in_later,
        true as is_repriced,
        * exclude (pair, in_later, day_number)
    from repriced_cells
)

select
    pairs.game,
    sided.* exclude (game)
from pairs
inner join sided on sided.pair = pairs.pair and sided.game = pairs.value_number
