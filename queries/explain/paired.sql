-- paired: the days of each pair of periods, each pair, and each contributor to it, a game of its own
--
-- question: What does the split of each pair start from?
-- assumes: a pair in `pairs` is of all requests where its value_number is 0, else of a contributor's.

with dated as (
    select null::bigint as only_pair, false as is_repriced, *
    from daily
    union all
    select pair as only_pair, true as is_repriced, * exclude (pair)
    from repriced_daily
)

select
    pairs.game,
    dated.day >= pairs.later_since as in_later,
    dated.*
from pairs
inner join dated
    on dated.value_number = pairs.value_number
    and (dated.only_pair is null or dated.only_pair = pairs.pair)
    and (
        (dated.day >= pairs.earlier_since and dated.day < pairs.earlier_until)
        or (dated.day >= pairs.later_since and dated.day < pairs.later_until)
    )
