-- routing: simple work to smaller models
--
-- question: What would it have cost had every request gone to the smallest model that its task allows?
-- neutral: small=none
-- order: 30
-- stacked: upgrade=false
-- needs: task_type is not null and complexity is not null: a task type and a complexity
-- low: cache=lost
-- high: cache=kept
-- grid: upgrade=false
-- unmeasured: the smaller model's answers are not judged
-- param small model = claude-haiku-5-5: takes simple tasks below the first threshold.
-- param middle model = claude-sonnet-5-5: takes simple tasks below the second threshold.
-- param large model = claude-opus-5-5: takes everything else.
-- param small_below float = 0.5: complexity, 0 to 1, below which a simple task goes to the small model.
-- param middle_below float = 0.8: complexity, 0 to 1, below which a simple task goes to the middle model.
-- param simple_tasks text = 'classification,extraction,summarization': task types that need no large model.
-- param upgrade bool = true: also move requests to a dearer model where the rule says so.
-- param cache choice(lost, kept) = lost: what becomes of tokens read from a prompt cache when a request moves.
-- assumes: the rule is the article's: complexity is the share of complex words (analyze, reason, compare, design,
--   architect, debug) among complex and simple ones (summarize, classify, extract, list, format), 0.5 with neither.
-- assumes: a request whose task type or complexity the log does not hold stays where it is.
-- assumes: the new model takes and gives as many tokens as the old one; its answers are not judged: no quality is
--   measured here.
-- assumes: a moved request leaves its prompt cache behind, so its cached tokens are paid as plain input; a
--   prompt-caching step after this one builds a new cache. cache=kept is the other bound.

with targets as (
    select
        *,
        case
            when task_type is null or complexity is null or $small is null or $middle is null or $large is null
                then model
            when list_contains(string_split($simple_tasks, ','), task_type) and complexity < $small_below then $small
            when list_contains(string_split($simple_tasks, ','), task_type) and complexity < $middle_below then $middle
            else $large
        end as wanted
    from requests
),

ranked as (
    -- how dear a model is: its newest plain input price
    select model, max(input_usd_mtok) as input_usd_mtok
    from prices
    where service_tier = 'standard' and valid_to is null and prompt_min = 0
    group by model
),

moves as (
    select
        targets.*,
        targets.wanted is distinct from targets.model
        and ($upgrade or wanted_rank.input_usd_mtok <= model_rank.input_usd_mtok) as moved
    from targets
    left join ranked as wanted_rank on wanted_rank.model = targets.wanted
    left join ranked as model_rank on model_rank.model = targets.model
)

select
    * exclude (wanted, moved) replace (
        case when moved then wanted else model end as model,
        case
            when not moved then provider
            when wanted = $small then $small_provider
            when wanted = $middle then $middle_provider
            else $large_provider
        end as provider,
        case when moved and $cache = 'lost'
            then input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
            else input_tokens
        end as input_tokens,
        case when moved and $cache = 'lost' then 0 else cache_read_tokens end as cache_read_tokens,
        case when moved and $cache = 'lost' then 0 else cache_write_5m_tokens end as cache_write_5m_tokens,
        case when moved and $cache = 'lost' then 0 else cache_write_1h_tokens end as cache_write_1h_tokens
    )
from moves
