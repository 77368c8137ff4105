-- token-caps: answers end at a cap of max_tokens
--
-- question: What would a cap on output tokens have saved, and how many answers would it have cut short?
-- param classification int = 10: cap in tokens for the task type classification; none sets no cap, likewise below.
-- param extraction int = 100: cap in tokens for extraction.
-- param summarization int = 300: cap in tokens for summarization.
-- param code_generation int = 1000: cap in tokens for code_generation, code-generation and code.
-- param percentile float = none: instead of those, cap each feature and task type at this share, 0 to 1, of the outputs
--   seen there, so that 0.95 cuts one answer in twenty.
-- neutral: classification=none,extraction=none,summarization=none,code_generation=none
-- order: 60
-- needs: task_type is not null or $percentile is not null: a task type
-- grid: percentile=0.99
-- grid: percentile=0.95
-- grid: classification=10,extraction=100,summarization=300,code_generation=1000
-- assumes: the caps are the article's (classification 10, extraction 100, summarization 300, code generation 1,000).
-- assumes: only tokens generated are billed, so a cap saves what it cuts off and nothing else; each cut is an answer that
--   ends in the middle, counted as stop_reason max_tokens.
-- assumes: reasoning counts against the cap, as with max_tokens of the providers.

with groups as (
    select
        feature,
        task_type,
        quantile_disc(output_tokens, coalesce($percentile, 1)) as output_tokens_seen
    from requests
    group by feature, task_type
),

capped as (
    select
        requests.*,
        case
            when $percentile is not null then groups.output_tokens_seen
            when requests.task_type = 'classification' then $classification
            when requests.task_type = 'extraction' then $extraction
            when requests.task_type = 'summarization' then $summarization
            when requests.task_type in ('code_generation', 'code-generation', 'code') then $code_generation
        end as cap
    from requests
    inner join groups
        on groups.feature is not distinct from requests.feature
        and groups.task_type is not distinct from requests.task_type
)

select
    * exclude (cap) replace (
        least(output_tokens, coalesce(cap, output_tokens)) as output_tokens,
        case when reasoning_tokens is not null then least(reasoning_tokens, coalesce(cap, reasoning_tokens)) end
            as reasoning_tokens,
        case when cap is not null then least(coalesce(max_output_tokens, cap), cap) else max_output_tokens end
            as max_output_tokens,
        case when output_tokens > cap then 'max_tokens' else stop_reason end as stop_reason,
        case when output_tokens > cap then null else output_hash end as output_hash
    )
from capped
