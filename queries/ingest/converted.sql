-- Counts and times as values. Text that is not a whole number is not a count: 12.5, 0x10, a word. Each text is converted
-- once, since every line of every log passes here.

with cast_once as (
    select
        *,
        as_any_time(ts) as moment,
        {
            'input_tokens': try_cast(input_tokens as bigint),
            'cache_read_tokens': try_cast(cache_read_tokens as bigint),
            'cache_write_tokens': try_cast(cache_write_tokens as bigint),
            'cache_write_5m_tokens': try_cast(cache_write_5m_tokens as bigint),
            'cache_write_1h_tokens': try_cast(cache_write_1h_tokens as bigint),
            'output_tokens': try_cast(output_tokens as bigint),
            'reasoning_tokens': try_cast(reasoning_tokens as bigint),
            'total_tokens': try_cast(total_tokens as bigint),
            'input_audio_tokens': try_cast(input_audio_tokens as bigint),
            'input_image_tokens': try_cast(input_image_tokens as bigint),
            'input_video_tokens': try_cast(input_video_tokens as bigint),
            'cache_read_audio_tokens': try_cast(cache_read_audio_tokens as bigint),
            'cache_read_image_tokens': try_cast(cache_read_image_tokens as bigint),
            'output_audio_tokens': try_cast(output_audio_tokens as bigint),
            'output_image_tokens': try_cast(output_image_tokens as bigint),
            'output_video_tokens': try_cast(output_video_tokens as bigint),
            'web_searches': try_cast(web_searches as bigint),
            'calls': try_cast(calls as bigint),
            'max_output_tokens': try_cast(max_output_tokens as bigint),
            'output_used_tokens': try_cast(output_used_tokens as bigint)
        } as numbers
    from drafts
),

checked as (
    select
        *,
        {
            'input_tokens': whole(input_tokens, numbers.input_tokens),
            'cache_read_tokens': whole(cache_read_tokens, numbers.cache_read_tokens),
            'cache_write_tokens': whole(cache_write_tokens, numbers.cache_write_tokens),
            'cache_write_5m_tokens': whole(cache_write_5m_tokens, numbers.cache_write_5m_tokens),
            'cache_write_1h_tokens': whole(cache_write_1h_tokens, numbers.cache_write_1h_tokens),
            'output_tokens': whole(output_tokens, numbers.output_tokens),
            'reasoning_tokens': whole(reasoning_tokens, numbers.reasoning_tokens),
            'total_tokens': whole(total_tokens, numbers.total_tokens),
            'input_audio_tokens': whole(input_audio_tokens, numbers.input_audio_tokens),
            'input_image_tokens': whole(input_image_tokens, numbers.input_image_tokens),
            'input_video_tokens': whole(input_video_tokens, numbers.input_video_tokens),
            'cache_read_audio_tokens': whole(cache_read_audio_tokens, numbers.cache_read_audio_tokens),
            'cache_read_image_tokens': whole(cache_read_image_tokens, numbers.cache_read_image_tokens),
            'output_audio_tokens': whole(output_audio_tokens, numbers.output_audio_tokens),
            'output_image_tokens': whole(output_image_tokens, numbers.output_image_tokens),
            'output_video_tokens': whole(output_video_tokens, numbers.output_video_tokens),
            'web_searches': whole(web_searches, numbers.web_searches),
            'calls': whole(calls, numbers.calls),
            'max_output_tokens': whole(max_output_tokens, numbers.max_output_tokens),
            'output_used_tokens': whole(output_used_tokens, numbers.output_used_tokens)
        } as counts,
        case when tools is not null
            then list_transform(map_entries(tools), lambda it: {'key': it.key, 'value': parse_count(it.value)})
        end as uses
    from cast_once
),

compared as (
    select
        *,
        case when moment between timestamp '1970-01-01' and timestamp '2100-12-31 23:59:59' then moment end as known_ts,
        (input_tokens is not null and counts.input_tokens is null)
        or (cache_read_tokens is not null and counts.cache_read_tokens is null)
        or (cache_write_tokens is not null and counts.cache_write_tokens is null)
        or (cache_write_5m_tokens is not null and counts.cache_write_5m_tokens is null)
        or (cache_write_1h_tokens is not null and counts.cache_write_1h_tokens is null)
        or (output_tokens is not null and counts.output_tokens is null)
        or (reasoning_tokens is not null and counts.reasoning_tokens is null)
        or (input_audio_tokens is not null and counts.input_audio_tokens is null)
        or (input_image_tokens is not null and counts.input_image_tokens is null)
        or (input_video_tokens is not null and counts.input_video_tokens is null)
        or (cache_read_audio_tokens is not null and counts.cache_read_audio_tokens is null)
        or (cache_read_image_tokens is not null and counts.cache_read_image_tokens is null)
        or (output_audio_tokens is not null and counts.output_audio_tokens is null)
        or (output_image_tokens is not null and counts.output_image_tokens is null)
        or (output_video_tokens is not null and counts.output_video_tokens is null)
        or (web_searches is not null and counts.web_searches is null)
        or (calls is not null and counts.calls is null)
        or (tools is not null and len(list_filter(map_values(tools), lambda it: is_no_count(it))) > 0) as has_no_count
    from checked
)

select
    * exclude (moment, numbers, counts, uses, known_ts) replace (
        -- 0 and the start of the epoch mean no time
        nullif(known_ts, timestamp '1970-01-01') as ts,
        counts.input_tokens as input_tokens,
        counts.cache_read_tokens as cache_read_tokens,
        counts.cache_write_tokens as cache_write_tokens,
        counts.cache_write_5m_tokens as cache_write_5m_tokens,
        counts.cache_write_1h_tokens as cache_write_1h_tokens,
        counts.output_tokens as output_tokens,
        counts.reasoning_tokens as reasoning_tokens,
        counts.total_tokens as total_tokens,
        counts.input_audio_tokens as input_audio_tokens,
        counts.input_image_tokens as input_image_tokens,
        counts.input_video_tokens as input_video_tokens,
        counts.cache_read_audio_tokens as cache_read_audio_tokens,
        counts.cache_read_image_tokens as cache_read_image_tokens,
        counts.output_audio_tokens as output_audio_tokens,
        counts.output_image_tokens as output_image_tokens,
        counts.output_video_tokens as output_video_tokens,
        counts.web_searches as web_searches,
        counts.calls as calls,
        counts.max_output_tokens as max_output_tokens,
        counts.output_used_tokens as output_used_tokens,
        uses as tools
    ),
    ts is not null and known_ts is null and not is_unset(ts) as has_no_time,
    -- a `case`, since every condition of an `and` is computed for every line
    case
        when has_no_count
        then regexp_matches(
            concat_ws(
                ' ', input_tokens, cache_read_tokens, cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                output_tokens, reasoning_tokens, web_searches, calls
            ),
            '(^| )[+-]?[0-9]{13}'
        )
        else false
    end as has_absurd_count
from compared
