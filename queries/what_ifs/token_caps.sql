-- token-caps: answers end at a cap, or where the caller stops reading
--
-- question: What would a cap on output tokens have saved, and how many answers would it have cut short?
-- param classification int(0, inf) = 10: cap in tokens for the task type classification; none sets no cap, here and
--   below.
-- param extraction int(0, inf) = 100: cap in tokens for extraction; none sets no cap.
-- param summarization int(0, inf) = 300: cap in tokens for summarization; none sets no cap.
-- param code_generation int(0, inf) = 1000: cap in tokens for code_generation, code-generation and code; none sets no cap.
-- param percentile float(0, 1) = none: instead of those, cap each feature and task type at this quantile, 0 to 1, of
--   its outputs: 0.95 cuts one answer in twenty.
-- param early_stop bool = false: whether answers also end after the last token that the caller used, where the log has
--   it (output_used_tokens), as with a stop sequence or a closed stream.
-- param tool_calls bool = false: whether caps apply to answers that call a tool, or may: a call that is cut is of no use.
-- neutral: classification=none,extraction=none,summarization=none,code_generation=none
-- order: 60
-- needs: task_type is not null or $percentile is not null or ($early_stop and output_used_tokens is not null): a task type
-- needs: not $early_stop or output_used_tokens is not null: the number of tokens of the answer that were used
--   (output_used_tokens), which early_stop needs
-- alters: answers that are longer than the cap are cut short
-- grid: percentile=0.99
-- grid: percentile=0.95
-- grid: classification=10,extraction=100,summarization=300,code_generation=1000
-- assumes: the default caps are 10 tokens for classification, 100 for extraction, 300 for summarization and 1,000 for
--   code generation.
-- assumes: an answer calls a tool if its stop_reason says so; without a stop_reason it may, if it belongs to a session and
--   has no task type, as in a coding agent's log.
-- assumes: only generated tokens are billed, so a cap saves exactly what it cuts off; a cut answer stops in the middle
--   and counts as stop_reason max_tokens.
-- assumes: a call that answers several requests after request-batching may be as long as their caps together, plus 8
--   tokens for each number; if it is cut short, all of its answers count as cut.
-- assumes: reasoning counts against the cap, as with max_tokens of the providers.
-- assumes: ending an answer after the last used token cuts nothing that anyone read; the model stops at exactly that
--   token.

with told as (
    select
        *,
        not $tool_calls and (
            coalesce(is_tool_call(stop_reason), session_id is not null and task_type is null)
        ) as may_call_a_tool
    from requests
),

groups as (
    select
        feature,
        task_type,
        -- a request without a separate call has no output either
        quantile_disc(output_tokens // nullif(requests_answered, 0), coalesce($percentile, 1)) filter (
            where not may_call_a_tool
        ) as output_tokens_seen
    from told
    group by feature, task_type
),

capped as (
    select
        told.* exclude (may_call_a_tool),
        case
            when requests_answered = 0 or may_call_a_tool then null
            when $percentile is not null then groups.output_tokens_seen
            when told.task_type = 'classification' then $classification
            when told.task_type = 'extraction' then $extraction
            when told.task_type = 'summarization' then $summarization
            when told.task_type in ('code_generation', 'code-generation', 'code') then $code_generation
        end * requests_answered + case when requests_answered > 1 then 8 * requests_answered else 0 end as cap,
        case when $early_stop then least(output_tokens, output_used_tokens) else output_tokens end as wanted_tokens
    from told
    inner join groups
        on groups.feature is not distinct from told.feature
        and groups.task_type is not distinct from told.task_type
),

ended as (select *, least(wanted_tokens, coalesce(cap, wanted_tokens)) as ends_at from capped)

select
    * exclude (cap, wanted_tokens, ends_at) replace (
        ends_at as output_tokens,
        case when output_used_tokens is not null then least(output_used_tokens, ends_at) end as output_used_tokens,
        case when reasoning_tokens is not null then least(reasoning_tokens, ends_at) end as reasoning_tokens,
        case when cap is not null then least(coalesce(max_output_tokens, cap), cap) else max_output_tokens end
            as max_output_tokens,
        case
            when ends_at < wanted_tokens then 'max_tokens'
            when ends_at < output_tokens then 'stop_sequence'
            else stop_reason
        end as stop_reason,
        case when ends_at < output_tokens then null else output_hash end as output_hash
    )
from ended
