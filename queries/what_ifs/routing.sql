-- routing: simple work goes to smaller models
--
-- question: What would it have cost if every request had gone to the smallest model that its task allows?
-- neutral: small=none
-- order: 30
-- stacked: upgrade=false
-- rows: adds
-- then: moved
-- facts: outcomes, judged_complexity, token_counts
-- needs: case $by when 'rule' then task_type is not null and complexity is not null when 'task-type' then task_type is
--   not null when 'complexity' then complexity is not null else true end: the task type or complexity that decides
-- needs: $by <> 'oracle' or $outcomes is not null: an outcome that the oracle can choose by (outcomes=FILE)
-- low: cache=lost,verbosity=1.3,escalate=0.6
-- high: cache=kept,verbosity=0.7,escalate=0.15
-- grid: upgrade=false
-- alters: simple requests are answered by a smaller model
-- unmeasured: the smaller model's answers are not judged
-- delays: the second try of a cascade comes after the first
-- param by choice(rule, task-type, complexity, cascade, oracle) = rule: how to choose. rule: by task type and
--   complexity; cascade: the small model first, and again the logged one if its answer is not good enough; oracle: the
--   cheapest of the models that answer best, known only with an outcomes file, which no router can beat.
-- param small model = claude-haiku-5-5: for simple tasks below the first threshold, and the first tries of a cascade.
-- param middle model = claude-sonnet-5-5: for simple tasks below the second threshold.
-- param large model = claude-opus-5-5: for everything else.
-- param small_below float(0, 1) = 0.5: complexity, 0 to 1, below which a simple task goes to the small model.
-- param middle_below float(0, 1) = 0.8: complexity, 0 to 1, below which a simple task goes to the middle model.
-- param simple_tasks names = classification,extraction,summarization: task types that do not need a large model.
-- param features names = all: features whose requests may move.
-- param complexity choice(keywords, embeddings) = keywords: how complexity is judged: by keywords, or by meaning, which
--   needs stored texts and wordllama.
-- param upgrade bool = true: also move requests to a more expensive model where the rule says so.
-- param escalate float(0, 1) = 0.36: share of a cascade's first answers that are not good enough, where no outcome is
--   known.
-- param outcomes file = none: results of models on the prompts: CSV, JSONL or Parquet with prompt, model, correct and
--   optionally cost. Cost and quality are then exact, and models that are not set here are taken from the file.
-- param scores choice(as-given, clip, scale) = as-given: what happens to an outcomes file with scores below 0 or above 1:
--   as-given refuses it, clip takes less than 0 for 0 and more than 1 for 1, scale makes its lowest 0, its highest 1.
-- param cache choice(lost, kept) = lost: what happens to tokens read from a prompt cache when a request moves.
-- param input_ratio float(0, inf) = none: tokens of the new model per token of the old one; none uses the table of
--   tokenizers.
-- param verbosity float(0, inf) = 1: how much the new model writes, as a multiple of what the old one wrote.
-- assumes: complexity is the share of complex words (analyze, reason, compare, design, architect, debug) among complex
--   and simple ones (summarize, classify, extract, list, format), 0.5 with neither.
-- assumes: a request stays where it is if the log lacks what decides.
-- assumes: a request that a cache of answers has answered goes to no model and stays free.
-- assumes: without an outcomes file answers are not judged: quality is not measured.
-- assumes: tokenizers differ as in the table token_counts: newer Claude models count 30% more than older ones. The new
--   model writes as much as the old one, 0.7 to 1.3 times at the ends of the range: on RouteLLM's GSM8K answers Mixtral
--   8x7B wrote 0.72 times GPT-4's characters.
-- assumes: a cascade pays for both tries, and the second starts after the time of the logged answer. Mixtral's share of
--   wrong answers there (36%) is how often, 15 to 60% at the ends of the range; with outcomes, it is where the small
--   model was wrong, as if every wrong answer were noticed.
-- assumes: a moved request loses its prompt cache, so its cached tokens are paid as plain input; a prompt-caching step
--   after this one builds a new cache. cache=kept is the other bound.

with ranked as (
    -- models by their newest price of plain input
    select model, max(input_usd_mtok) as input_usd_mtok
    from prices
    where is_list_price(prices) and prompt_min = 0
    group by model
),

best as (
    select request_id, model, provider
    from (
        select *, row_number() over (partition by request_id order by correct desc, cost_usd, model) as place
        from outcomes
    )
    where place = 1
),

scored as (
    select
        requests.*,
        coalesce(judged.complexity, requests.complexity) as score,
        is_named(task_type, $simple_tasks) as is_simple,
        $small is not null and $middle is not null and $large is not null
        and answered_by <> 'cache'
        and is_named(feature, $features) as may_move
    from requests
    left join judged_complexity as judged on judged.request_id = requests.request_id
),

targets as (
    select
        scored.*,
        case
            when not may_move then scored.model
            when $by = 'oracle' then coalesce(best.model, scored.model)
            when $by = 'cascade' then $small
            when ($by <> 'complexity' and task_type is null) or ($by <> 'task-type' and score is null) then scored.model
            when ($by = 'complexity' or is_simple) and ($by = 'task-type' or score < $small_below) then $small
            when ($by = 'complexity' or is_simple) and score < $middle_below then $middle
            else $large
        end as target,
        best.provider as best_provider
    from scored
    left join best on best.request_id = scored.request_id
),

routed as (
    select
        targets.* exclude (score, is_simple, may_move, target, best_provider),
        case
            when $by = 'oracle' then target
            when $upgrade and $by <> 'cascade' then target
            when coalesce(target_rank.input_usd_mtok <= model_rank.input_usd_mtok, true) then target
            else targets.model
        end as wanted,
        case
            when $by = 'oracle' then best_provider
            when target = $small then $small_provider
            when target = $middle then $middle_provider
            else $large_provider
        end as wanted_provider
    from targets
    left join ranked as target_rank on target_rank.model = targets.target
    left join ranked as model_rank on model_rank.model = targets.model
),

asked as (
    select
        routed.*,
        case when wanted is distinct from routed.model then known.cost_given_usd end as wanted_cost_usd,
        $by = 'cascade'
        and wanted is distinct from routed.model
        and coalesce(known.correct < 0.5, hash(routed.request_id) % 1000000 < $escalate * 1000000) as again
    from routed
    left join outcomes as known on known.request_id = routed.request_id and known.model = routed.wanted
),

tried as (
    -- a request that is asked again is two calls; the first one is added
    select *, unnest(case when again then [true, false] else [false] end) as is_added
    from asked
)

select
    * exclude (again, is_added) replace (
        case when is_added then request_id || ' first try' else request_id end as request_id,
        case when again and not is_added then model else wanted end as wanted,
        case when again and not is_added then null else wanted_cost_usd end as wanted_cost_usd,
        case when again and not is_added then 2 * latency_ms else latency_ms end as latency_ms,
        case when again and not is_added then latency_ms + ttft_ms else ttft_ms end as ttft_ms,
        case when is_added then request_id else added_to end as added_to
    )
from tried
