-- own-rules: requests that the user's own rules and mappings speak of
--
-- question: How many requests got their feature from a rule, and how many come from logs of a format of the user's own?
-- assumes: a name under formats is one of llmcost's or of the user's own; who asks knows which.

select
    'features' as kind,
    by_feature as name,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as cost_usd
from priced
where request_id in (select request_id from ruled)
group by by_feature
union all
select
    'formats' as kind,
    source_format as name,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd) as cost_usd
from priced
group by source_format
order by kind, requests desc, name
