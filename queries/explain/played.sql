-- played: each cell once for every game that it belongs to, the whole traffic being game 0
--
-- question: Which cells does each split hold?

select
    unnest(list_filter(
        [0, game_0, game_1, game_2, game_3, game_4, game_5, game_6, game_7], lambda game: game is not null
    )) as game,
    *
from cells
