-- contributors: spend of the chosen contributors in both periods, each with an example request
--
-- question: Who caused the change, and which request is a good example?
-- assumes: the example is the most expensive request of the later period, or of the earlier one where the later has none.

with summed as (
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
    where not is_repriced
    group by game
)

select
    chosen.place,
    chosen.value,
    summed.*
from chosen
inner join summed on summed.game = chosen.game
order by chosen.place, chosen.rank
