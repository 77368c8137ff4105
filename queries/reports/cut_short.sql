-- cut-short: which features' answers a what-if cuts short
--
-- question: How many answers of each feature end in the middle that did not before?

with joined as (
    -- the other requests that a call answers after request-batching
    select tags['joined_to'] as batch_id, count(*) as others
    from before
    where tags['served_by'] = 'request-batching'
    group by batch_id
)

select
    before.feature,
    sum(before.calls)::bigint as requests,
    sum(before.calls + coalesce(joined.others, 0)) filter (
        where after.stop_reason = 'max_tokens' and after.output_tokens between 1 and before.output_tokens - 1
    )::bigint as answers_cut_short
from before
inner join after using (request_id)
left join joined on joined.batch_id = before.request_id
group by before.feature
having sum(before.calls) filter (
    where after.stop_reason = 'max_tokens' and after.output_tokens between 1 and before.output_tokens - 1
) > 0
order by answers_cut_short desc, before.feature
