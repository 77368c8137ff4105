-- From what a format read to the columns of `requests`, the same for every format: values checked, texts turned into
-- hashes. A call that cannot be taken gets a `reason`.

with parsed as (
    select
        * replace (
            nullif(request_id, '') as request_id,
            nullif(trim(feature), '') as feature,
            nullif(trim(task_type), '') as task_type,
            nullif(trim(prompt_id), '') as prompt_id,
            nullif(trim(user_id), '') as user_id,
            nullif(trim(session_id), '') as session_id,
            nullif(trim(project), '') as project,
            coalesce(cache_read_tokens, 0) as cache_read_tokens,
            coalesce(cache_write_5m_tokens, 0) as cache_write_5m_tokens,
            coalesce(cache_write_1h_tokens, 0) as cache_write_1h_tokens,
            nullif(input_audio_tokens, 0) as input_audio_tokens,
            nullif(input_image_tokens, 0) as input_image_tokens,
            nullif(input_video_tokens, 0) as input_video_tokens,
            nullif(cache_read_audio_tokens, 0) as cache_read_audio_tokens,
            nullif(cache_read_image_tokens, 0) as cache_read_image_tokens,
            nullif(output_audio_tokens, 0) as output_audio_tokens,
            nullif(output_image_tokens, 0) as output_image_tokens,
            nullif(output_video_tokens, 0) as output_video_tokens,
            coalesce(web_searches, 0) as web_searches,
            coalesce(calls, 1) as calls,
            -- OpenRouter searches for such a model, and says how often only where the log has its count of searches
            case
                when coalesce(web_searches, 0) = 0 and ends_with(model, ':online')
                then list_append(coalesce(tools, []), {'key': 'online', 'value': coalesce(calls, 1)})
                else tools
            end as tools
        )
    from counted
),

hashed as (
    select
        * replace (
            coalesce(
                case
                    when list_bool_and(list_transform(prefix, lambda block: block.tokens between 0 and 100000000))
                    then prefix
                end,
                -- a row is made one value for its prompt's tokens, which only those with blocks need
                case when prompt_blocks is not null then prefix_of(prompt_blocks, prompt_tokens(parsed)) end
            ) as prefix
        ),
        case
            when carries_call and prompt_id is null
            then coalesce(prompt_blocks[coalesce(system_blocks, 0) + 1], prompt_text)
        end as first_turn
    from parsed
)

select
    line,
    carries_call,
    case
        when not carries_call then null
        when line.fault is not null then line.fault
        when len(unknown_names) > 0
        then 'usage under a name that no format knows: ' || array_to_string(unknown_names[:3], ', ')
        when refusal is not null then refusal
        when coalesce(trim(model), '') = '' then 'no model'
        when has_no_time then 'a time that cannot be read or is outside 1970 to 2100'
        when has_absurd_count then 'an absurd count: a trillion or more'
        when has_no_count then 'a count that is not a whole number'
        when input_tokens is null then 'no input token count'
        when output_tokens is null then 'no output token count'
        when least(
            input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
            coalesce(reasoning_tokens, 0), web_searches, calls - 1,
            coalesce(least(
                input_audio_tokens,
                input_image_tokens,
                input_video_tokens,
                cache_read_audio_tokens,
                cache_read_image_tokens,
                output_audio_tokens,
                output_image_tokens,
                output_video_tokens
            ), 0),
            case when tools is null then 0 else coalesce(list_min(list_transform(tools, lambda it: it.value)), 0) end
        ) < 0 then 'a negative count'
        when greatest(
            calls, web_searches,
            case when tools is null then 0 else coalesce(list_max(list_transform(tools, lambda it: it.value)), 0) end
        ) > 1000000000 then 'an absurd count: more than a billion calls or searches'
        when abs(cost_logged_usd) > 1e9 or not isfinite(cost_logged_usd) then 'an absurd cost: more than a billion dollars'
        when greatest(
            input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens
        ) > 100000000 * calls then 'an absurd count: more than 100 million tokens in one call'
    end as reason,
    case
        when request_id is not null or not carries_call then request_id
        when line.record_no = 1 and coalesce(repetition, 0) = 0
            then 'row_' || row_hash(line.raw)
        else 'row_' || md5(concat_ws(' ', row_hash(line.raw), line.record_no, repetition))
    end as request_id,
    mapped_fields,
    case when tracks_lines() then row_hash(line.raw) end as line_hash,
    part_of,
    trace_id,
    parent_id,
    ts,
    lower(provider) as provider,
    trim(model) as model_logged,
    coalesce(model_assumed, false) as model_assumed,
    feature,
    task_type,
    coalesce(prompt_id, 'system:' || prefix[system_blocks].hash) as prompt_id,
    user_id,
    session_id,
    thread_id,
    coalesce(branched, false) as branched,
    coalesce(copied, false) as copied,
    nullif(continues, '') as continues,
    case when history_began_tokens between 0 and 100000000 then history_began_tokens end
        as history_began_tokens,
    project,
    tags,
    input_tokens,
    cache_read_tokens,
    cache_write_5m_tokens,
    cache_write_1h_tokens,
    output_tokens,
    reasoning_tokens,
    input_audio_tokens,
    input_image_tokens,
    input_video_tokens,
    cache_read_audio_tokens,
    cache_read_image_tokens,
    output_audio_tokens,
    output_image_tokens,
    output_video_tokens,
    web_searches,
    case
        when len(list_filter(tools, lambda it: it.value > 0)) > 0
        then map_from_entries(list_filter(tools, lambda it: it.value > 0))
    end as tools,
    calls,
    case when served_from_cache then 'cache' else 'model' end as answered_by,
    case when served_from_cache then 0 else 1 end as requests_answered,
    case when max_output_tokens between 1 and 1000000000 then max_output_tokens end as max_output_tokens,
    case when output_used_tokens between 0 and output_tokens then output_used_tokens end as output_used_tokens,
    stop_reason,
    tier_of(coalesce(tier_in(model), service_tier)) as service_tier,
    coalesce(region_of(region), region_in(provider), region_in(model)) as region,
    case
        when lower(status) in ('error', 'failure', 'failed', 'errored') or regexp_matches(status, '^[45]\d\d$') then 'error'
        else 'ok'
    end as status,
    -- an impossible duration, below zero or above a year, is unknown
    case when latency_ms between 0 and 31622400000 then latency_ms end as latency_ms,
    case when ttft_ms between 0 and 31622400000 then ttft_ms end as ttft_ms,
    coalesce(output_partial, false) as output_partial,
    coalesce(counts_doubtful, false) as counts_doubtful,
    coalesce(prompt_hash, short_hash(prompt_key)) as prompt_hash,
    coalesce(output_hash, short_hash(answer_of(output_text))) as output_hash,
    prefix,
    case when system_blocks between 0 and coalesce(len(prefix), 0) then system_blocks end as system_blocks,
    coalesce(cache_key, short_hash(cache_key_text)) as cache_key,
    nullif(lower(replace(trim(cache_retention), '-', '_')), '') as cache_retention,
    organisation,
    coalesce(case when complexity between 0 and 1 then complexity end, complexity_of(prompt_text)) as complexity,
    cost_logged_usd,
    -- not part of `requests`: hashes to find the template of a prompt without a name, and the texts to keep
    case when prefix[system_blocks].hash is null then openings_of(first_turn) end as openings,
    case
        when keeps_text() and carries_call
        then list_transform(
            [list_transform(
                [
                    said(coalesce(system_text, prompt_blocks[nullif(system_blocks, 0)])),
                    coalesce(said(prompt_text), prompt_text),
                    coalesce(said(output_text), output_text)
                ],
                lambda text: kept(text)
            )],
            lambda it: {'system': it[1], 'prompt': it[2], 'output': it[3]}
        )[1]
    end as texts
from hashed
