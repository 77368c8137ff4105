-- Requests that must be replaced: their line has just been read again under another mapping, or under another
-- assumption. A request whose content is that of a fuller line, which has not been read again, stays as it is.

with read_again as (
    select line_hash from staged where line_hash is not null
    union
    select line_hash from leftover
),

outdated as (
    select request_id, max(output_tokens) as output_tokens
    from readings
    where line_hash in (select line_hash from read_again) and not list_contains($mappings, mapping)
    group by request_id
),

current as (
    select request_id, max(output_tokens) as output_tokens
    from readings
    where list_contains($mappings, mapping) and request_id in (select request_id from outdated)
    group by request_id
)

select requests.request_id
from requests
inner join outdated on outdated.request_id = requests.request_id
left join current on current.request_id = requests.request_id
where
    not list_contains($shipped, requests.source_format)
    and requests.output_tokens <= outdated.output_tokens
    and requests.output_tokens > coalesce(current.output_tokens, -1)
union
select requests.request_id
from requests
inner join staged on staged.request_id = requests.request_id and staged.format = requests.source_format
where staged.model_assumed and requests.model_assumed and list_contains($read_again, staged.source_id)
