-- tag-names: the tags of the requests, and how many values each has
--
-- question: Which tags split most requests into a few groups?
-- param most int(0, inf) = 8: tags.
-- param most_values int(2, inf) = 50: values of a tag.

with counted as (
    select
        tag.key as name,
        tag.value as value,
        count(*) as requests
    from (
        select unnest(map_entries(tags)) as tag
        from requests
        where tags is not null and cardinality(tags) > 0
    ) as tagged
    group by tag.key, tag.value
),

tallied as (
    select
        name,
        count(*) as groups,
        sum(requests) as requests
    from counted
    group by name
)

select name
from tallied
where groups between 2 and $most_values
order by requests desc, name
limit $most
