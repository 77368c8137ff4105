-- contributors: spend of the chosen contributors in both periods, each with an example request
--
-- question: Who caused the change, and which request is a good example?
-- assumes: the example is the most expensive request of the later period, or of the earlier one where the later has none.

with played as (
    select
        unnest(list_filter(
            [game_0, game_1, game_2, game_3, game_4, game_5, game_6, game_7], lambda game: game is not null
        )) as game,
        *
    from cells
    where not is_repriced
),

summed as (
    select
        game,
        coalesce(sum(requests) filter (where not in_later), 0)::bigint as earlier_requests,
        coalesce(sum(requests) filter (where in_later), 0)::bigint as later_requests,
        coalesce(sum(unpriced_requests) filter (where not in_later), 0)::bigint as earlier_unpriced_requests,
        coalesce(sum(unpriced_requests) filter (where in_later), 0)::bigint as later_unpriced_requests,
        coalesce(sum(cost_usd) filter (where not in_later), 0)::double as earlier_usd,
        coalesce(sum(cost_usd) filter (where in_later), 0)::double as later_usd,
        max(struct_pack(later := in_later, cost := example.cost, id := example.id)).id as example_request_id
    from played
    group by game
)

select
    chosen.place,
    chosen.value,
    summed.*
from chosen
inner join summed on summed.game = chosen.game
order by chosen.place, chosen.rank
