-- tags: spend by tag
--
-- question: Which tags are there, how many values has each, and what did their requests cost?
-- param most int(1, inf) = 100000: rows, the most expensive tags; each row has the number of all of them.
-- assumes: a request with several tags counts for each of them.

select
    tag.key as tag,
    count(distinct tag.value)::bigint as values,
    sum(calls)::bigint as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(output_tokens)::bigint as output_tokens,
    exact_sum(cost_usd) as cost_usd,
    null::double as cost_share,
    exact_sum(fees_cost_usd) as fees_usd,
    unpriced_calls(tagged) as unpriced_requests,
    count(*) over () as tags
from (
    select
        unnest(map_entries(tags)) as tag,
        calls,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        output_tokens,
        cost_usd,
        fees_cost_usd
    from priced
    where tags is not null
) as tagged
group by tag.key
order by cost_usd desc nulls last, tag
limit $most
