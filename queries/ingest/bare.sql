-- Calls whose id is another's without its distinguishing part (see told_apart in macros.sql): copies that lack it, in
-- this run or before, possibly by a program that did not distinguish them.

with apart as (
    select distinct regexp_replace(request_id, '\|[^|]*$', '') as request_id, format
    from staged
    where carries_call and reason is null and contains(request_id, '|')
    union
    select distinct regexp_replace(request_id, '\|[^|]*$', '') as request_id, source_format as format
    from requests
    where
        contains(request_id, '|')
        and regexp_replace(request_id, '\|[^|]*$', '') in (select request_id from staged where carries_call)
)

select request_id from requests where (request_id, source_format) in (select (request_id, format) from apart)
union
select request_id from staged where carries_call and (request_id, format) in (select (request_id, format) from apart)
