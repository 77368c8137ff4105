-- expensive-model-on-trivial-tasks: an expensive model that gives one-word answers
--
-- question: Which prompts get answers of a few tokens from a model that costs several times as much as a small one?
-- severity: info
-- dollars: the saving if the small model handled the same tokens, at its newest price
-- advice: try the small model on a sample and compare the answers (`simulate routing` shows what moving everything
--   saves)
-- param instead model = claude-haiku-5-5: the small model to compare with.
-- param most_output_tokens int = 16: half of the answers have at most this many tokens, nine in ten at most four times
--   as many: a label, a number, yes or no, sometimes a sentence.
-- param times float = 2: how many times the small model's cost counts as expensive.
-- param least_requests int = 20: requests needed to show a habit.
-- param examples int = 5: how many request ids to list.
-- assumes: a short answer without reasoning, to a prompt that is not known to be complex, is a simple task; whether the
--   small model answers correctly is unknown.

with small as (
    select
        service_tier, prompt_min, prompt_max,
        max(input_usd_mtok) as input_usd_mtok,
        max(coalesce(cache_read_usd_mtok, input_usd_mtok)) as cache_read_usd_mtok,
        max(coalesce(cache_write_5m_usd_mtok, input_usd_mtok)) as cache_write_5m_usd_mtok,
        max(coalesce(cache_write_1h_usd_mtok, input_usd_mtok)) as cache_write_1h_usd_mtok,
        max(output_usd_mtok) as output_usd_mtok
    from prices
    where provider is not distinct from $instead_provider and model = $instead and region = '' and valid_to is null
    group by service_tier, prompt_min, prompt_max
),

compared as (
    select
        priced.*,
        coalesce(priced.prompt_id, priced.feature, 'unattributed') as subject,
        (
            priced.input_tokens * small.input_usd_mtok
            + priced.cache_read_tokens * small.cache_read_usd_mtok
            + priced.cache_write_5m_tokens * small.cache_write_5m_usd_mtok
            + priced.cache_write_1h_tokens * small.cache_write_1h_usd_mtok
            + priced.output_tokens * small.output_usd_mtok
        ) / 1e6 as small_cost_usd
    from priced
    inner join small
        on small.service_tier = priced.service_tier
        and priced.prompt_tokens between small.prompt_min and coalesce(small.prompt_max, 9e18)
    where
        priced.status = 'ok' and priced.calls = 1 and not priced.output_partial and priced.output_tokens > 0
        and priced.model <> $instead and priced.cost_usd is not null
),

-- medians are taken of these alone: there may be as many prompts as requests
habits as (
    select subject, model
    from compared
    group by subject, model
    having
        count(*) >= $least_requests
        and coalesce(sum(reasoning_tokens), 0) = 0
        and sum(cost_usd) >= $times * sum(small_cost_usd)
)

select
    subject,
    sum(calls)::bigint as requests,
    exact_sum(cost_usd - small_cost_usd) as cost_usd,
    round(median(output_tokens))::bigint || ' tokens of output from ' || model || ', '
    || round(sum(cost_usd) / sum(small_cost_usd), 1) || ' times the cost of ' || $instead as detail,
    list(request_id order by cost_usd desc, request_id)[1:$examples] as example_request_ids
from compared
inner join habits using (subject, model)
group by subject, model
having
    median(output_tokens) <= $most_output_tokens
    and quantile_cont(output_tokens, 0.9) <= 4 * $most_output_tokens
    and coalesce(median(complexity) <= 0.5, true)
order by cost_usd desc, subject, model
