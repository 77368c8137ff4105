-- What a format may say of a call, before any value is checked. A format leaves out what its log does not hold;
-- counts and times stay text until then, so that "12", 12.0 and invalid text can be distinguished.

select
    null::struct(
        source_id integer, line_no bigint, record_no bigint, raw varchar, fault varchar, claimed boolean
    ) as line,
    null::boolean as carries_call,
    null::varchar as request_id,
    null::varchar as part_of,
    null::bigint as repetition,         -- where lines without an id are calls of their own: how many equal ones
                                                -- the file has before this
    null::varchar as trace_id,          -- of a record that stands under others or over them
    null::varchar as parent_id,         -- the request_id of the record above: it may repeat this one's usage
    null::varchar as ts,
    null::varchar as provider,
    null::varchar as model,
    null::boolean as model_assumed,     -- the log names none
    null::varchar as feature,
    null::varchar as task_type,
    null::varchar as prompt_id,
    null::varchar as user_id,
    null::varchar as session_id,
    null::varchar as thread_id,
    null::boolean as branched,
    null::boolean as copied,            -- ts is when it was copied from another session's history
    null::varchar as continues,
    null::bigint as history_began_tokens,
    null::varchar as project,
    null::map(varchar, varchar) as tags,
    -- counts as the log has them: what holds what, counted.sql decides
    null::varchar as input_tokens,
    null::varchar as cache_read_tokens,
    null::varchar as cache_write_tokens,    -- all writes; the next two are parts of it and may be fewer
    null::varchar as cache_write_5m_tokens,
    null::varchar as cache_write_1h_tokens,
    null::varchar as output_tokens,
    null::varchar as reasoning_tokens,
    null::varchar as total_tokens,          -- as the log states it
    null::varchar as input_holds,           -- what such logs count as input too: 'caches', 'reads' or nothing
    null::boolean as output_excludes_reasoning, -- such logs leave the reasoning out of their output count
    null::varchar as refusal,               -- what the format knows that cannot be right in the line
    null::bigint as mapped_fields,          -- of a log of one's own: which mapped fields the line has, bit by bit
    null::varchar as unread_usage,          -- JSON: the usage of a line in which no count was found, or not all
    null::struct(                            -- other calls that the same line tells of, each a request of its own
        name varchar, model varchar, input_tokens varchar, cache_read_tokens varchar, cache_write_tokens varchar,
        cache_write_5m_tokens varchar, cache_write_1h_tokens varchar, output_tokens varchar
    )[] as further_calls,
    null::varchar as input_audio_tokens,
    null::varchar as input_image_tokens,
    null::varchar as input_video_tokens,
    null::varchar as cache_read_audio_tokens,
    null::varchar as cache_read_image_tokens,
    null::varchar as output_audio_tokens,
    null::varchar as output_image_tokens,
    null::varchar as output_video_tokens,
    null::varchar as web_searches,
    null::map(varchar, varchar) as tools,   -- billed uses of other tools; counts as text
    null::varchar as calls,
    null::boolean as served_from_cache, -- by a gateway's cache of answers: no model was called
    null::varchar as max_output_tokens,
    null::varchar as output_used_tokens,
    null::varchar as stop_reason,
    null::varchar as service_tier,
    null::varchar as region,            -- where the log has a field for it; else it is read from the names
    null::varchar as status,
    null::double as latency_ms,
    null::double as ttft_ms,
    null::boolean as output_partial,
    null::varchar as prompt_hash,
    null::varchar as prompt_key,        -- everything that decides the answer, as text: hashed into prompt_hash
    null::varchar as output_hash,
    null::varchar as output_text,       -- hashed into output_hash
    null::varchar as prompt_text,       -- the last user turn: what complexity is read from
    null::varchar as system_text,       -- the system prompt, where prompt_blocks does not hold it
    null::struct(hash varchar, tokens bigint)[] as prefix,
    null::varchar[] as prompt_blocks,   -- the prompt's blocks in the cache's order: hashed into prefix
    null::integer as system_blocks,
    null::varchar as cache_key,
    null::varchar as cache_key_text,    -- hashed into cache_key
    null::varchar as cache_retention,
    null::varchar as organisation,
    null::double as complexity,
    null::double as cost_logged_usd
where false
