-- The template of every request in `openings`: the longest beginning that it shares with enough others; null where it
-- shares none. At least 5 requests make a template. A longer beginning is a separate template if at least a fifth of the
-- requests with the shorter one share it; otherwise it is what the template was filled with.

with nodes as (
    select
        request_id,
        openings,
        unnest(openings) as opening,
        generate_subscripts(openings, 1) as level
    from openings
),

counted as (
    select opening, level, count(*) as requests from nodes group by opening, level
),

followed as (
    select
        nodes.request_id,
        nodes.openings,
        nodes.level,
        here.requests >= 5 and (nodes.level = 1 or here.requests >= 0.2 * above.requests) as is_shared
    from nodes
    inner join counted as here on here.opening = nodes.opening and here.level = nodes.level
    left join counted as above on above.opening = nodes.openings[nodes.level - 1] and above.level = nodes.level - 1
)

select
    request_id,
    'template:' || any_value(openings)[
        coalesce(min(level) filter (where not is_shared) - 1, max(level))
    ] as prompt_id
from followed
group by request_id
