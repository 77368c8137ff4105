-- tag-names: the tags of the requests, and how many values each has
--
-- question: Which tags can requests be split by?

select
    tag.key as name,
    count(*) as requests,
    approx_count_distinct(tag.value) as distinct_values
from (
    select unnest(map_entries(tags)) as tag
    from requests
    where tags is not null and cardinality(tags) > 0
) as tagged
group by tag.key
order by requests desc, name
