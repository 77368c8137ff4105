-- A record and the other calls that it reports, each as a separate record with its own model and counts, and everything
-- else from the record. Its id names the record that it belongs to.

select
    * exclude (further_call, place) replace (
        case
            when place = 0 then line
            else {
                'source_id': line.source_id, 'line_no': line.line_no,
                -- no line has as many records and pieces
                'record_no': line.record_no + 1000000000 * place,
                'raw': line.raw, 'fault': line.fault, 'claimed': line.claimed
            }
        end as line,
        case
            when place = 0 then request_id
            else coalesce(request_id, 'row_' || row_hash(line.raw)) || '/' || further_call.name || '/' || place
        end as request_id,
        case when place = 0 then model else coalesce(further_call.model, 'unknown') end as model,
        case when place > 0 then coalesce(request_id, 'row_' || row_hash(line.raw)) end as part_of,
        case when place = 0 then input_tokens else coalesce(further_call.input_tokens, '0') end as input_tokens,
        case when place = 0 then cache_read_tokens else further_call.cache_read_tokens end as cache_read_tokens,
        case when place = 0 then cache_write_tokens else further_call.cache_write_tokens end as cache_write_tokens,
        case when place = 0 then cache_write_5m_tokens else further_call.cache_write_5m_tokens end
            as cache_write_5m_tokens,
        case when place = 0 then cache_write_1h_tokens else further_call.cache_write_1h_tokens end
            as cache_write_1h_tokens,
        case when place = 0 then output_tokens else coalesce(further_call.output_tokens, '0') end as output_tokens,
        case when place = 0 then reasoning_tokens end as reasoning_tokens,
        case when place = 0 then total_tokens end as total_tokens,
        case when place = 0 then input_audio_tokens end as input_audio_tokens,
        case when place = 0 then input_image_tokens end as input_image_tokens,
        case when place = 0 then input_video_tokens end as input_video_tokens,
        case when place = 0 then cache_read_audio_tokens end as cache_read_audio_tokens,
        case when place = 0 then cache_read_image_tokens end as cache_read_image_tokens,
        case when place = 0 then output_audio_tokens end as output_audio_tokens,
        case when place = 0 then output_image_tokens end as output_image_tokens,
        case when place = 0 then output_video_tokens end as output_video_tokens,
        case when place = 0 then tools end as tools,
        case when place = 0 then web_searches end as web_searches,
        case when place = 0 then max_output_tokens end as max_output_tokens,
        case when place = 0 then stop_reason end as stop_reason,
        case when place = 0 then latency_ms end as latency_ms,
        case when place = 0 then ttft_ms end as ttft_ms,
        case when place = 0 then output_partial end as output_partial,
        case when place = 0 then prompt_key end as prompt_key,
        case when place = 0 then output_text end as output_text,
        case when place = 0 then prompt_text end as prompt_text,
        case when place = 0 then system_text end as system_text,
        case when place = 0 then prompt_blocks end as prompt_blocks,
        case when place = 0 then system_blocks end as system_blocks,
        case when place = 0 then cost_logged_usd end as cost_logged_usd
    )
from (
    select
        *,
        unnest(list_concat([null], further_calls)) as further_call,
        unnest(range(0, 1 + coalesce(len(further_calls), 0))) as place
    from drafts
)
