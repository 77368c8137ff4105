-- paired: the days of each pair of periods, each pair a game of its own
--
-- question: What does the split of each pair start from?

with dated as (
    select null::bigint as only_game, false as is_repriced, *
    from daily
    union all
    select game as only_game, true as is_repriced, * exclude (game)
    from repriced_daily
)

select
    pairs.game,
    dated.day >= pairs.later_since as in_later,
    dated.*
from pairs
inner join dated
    on (dated.only_game is null or dated.only_game = pairs.game)
    and (
        (dated.day >= pairs.earlier_since and dated.day < pairs.earlier_until)
        or (dated.day >= pairs.later_since and dated.day < pairs.later_until)
    )
