-- What a format may say of a call, before any value is checked. A format leaves out what its log does not hold;
-- counts and times stay text until then, so that "12", 12.0 and nonsense can be told apart.

select
    cast(null as struct(
        source_id integer, line_no bigint, record_no bigint, raw varchar, fault varchar, claimed boolean
    )) as line,
    cast(null as boolean) as carries_call,
    cast(null as varchar) as request_id,
    cast(null as varchar) as part_of,
    cast(null as bigint) as repetition,         -- where lines without an id are calls of their own: how many equal ones
                                                -- the file has before this
    cast(null as varchar) as trace_id,          -- of a record that stands under others or over them
    cast(null as varchar) as parent_id,         -- the request_id of the record above: it may repeat this one's usage
    cast(null as varchar) as ts,
    cast(null as varchar) as provider,
    cast(null as varchar) as model,
    cast(null as varchar) as feature,
    cast(null as varchar) as task_type,
    cast(null as varchar) as prompt_id,
    cast(null as varchar) as user_id,
    cast(null as varchar) as session_id,
    cast(null as varchar) as thread_id,
    cast(null as boolean) as branched,
    cast(null as varchar) as project,
    cast(null as map(varchar, varchar)) as tags,
    -- counts as the log has them: what holds what, counted.sql decides
    cast(null as varchar) as input_tokens,
    cast(null as varchar) as cache_read_tokens,
    cast(null as varchar) as cache_write_tokens,    -- all writes; the next two are parts of it and may be fewer
    cast(null as varchar) as cache_write_5m_tokens,
    cast(null as varchar) as cache_write_1h_tokens,
    cast(null as varchar) as output_tokens,
    cast(null as varchar) as reasoning_tokens,
    cast(null as varchar) as total_tokens,          -- as the log states it
    cast(null as varchar) as input_holds,           -- what such logs count as input too: 'caches', 'reads' or nothing
    cast(null as boolean) as reasoning_beside,      -- such logs leave the reasoning out of their output count
    cast(null as varchar) as refusal,               -- what the format knows that cannot be right in the line
    cast(null as bigint) as mapped_fields,          -- of a log of one's own: which mapped fields the line has, bit by bit
    cast(null as varchar) as unread_usage,          -- JSON: the usage of a line in which no count was found, or not all
    cast(null as struct(                            -- other calls that the same line tells of, each a request of its own
        name varchar, model varchar, input_tokens varchar, cache_read_tokens varchar, cache_write_tokens varchar,
        cache_write_5m_tokens varchar, cache_write_1h_tokens varchar, output_tokens varchar
    )[]) as further_calls,
    cast(null as varchar) as input_audio_tokens,
    cast(null as varchar) as input_image_tokens,
    cast(null as varchar) as input_video_tokens,
    cast(null as varchar) as cache_read_audio_tokens,
    cast(null as varchar) as cache_read_image_tokens,
    cast(null as varchar) as output_audio_tokens,
    cast(null as varchar) as output_image_tokens,
    cast(null as varchar) as output_video_tokens,
    cast(null as varchar) as web_searches,
    cast(null as map(varchar, varchar)) as tools,   -- billed uses of other tools; counts as text
    cast(null as varchar) as calls,
    cast(null as boolean) as served_from_cache, -- by a gateway's cache of answers: no model was called
    cast(null as varchar) as max_output_tokens,
    cast(null as varchar) as output_used_tokens,
    cast(null as varchar) as stop_reason,
    cast(null as varchar) as service_tier,
    cast(null as varchar) as region,            -- where the log has a field for it; else it is read from the names
    cast(null as varchar) as status,
    cast(null as double) as latency_ms,
    cast(null as double) as ttft_ms,
    cast(null as boolean) as output_partial,
    cast(null as varchar) as prompt_hash,
    cast(null as varchar) as prompt_key,        -- everything that decides the answer, as text: hashed into prompt_hash
    cast(null as varchar) as output_hash,
    cast(null as varchar) as output_text,       -- hashed into output_hash
    cast(null as varchar) as prompt_text,       -- the last user turn: what complexity is read from
    cast(null as varchar) as system_text,       -- the system prompt, where prompt_blocks does not hold it
    cast(null as struct(hash varchar, tokens bigint)[]) as prefix,
    cast(null as varchar[]) as prompt_blocks,   -- the prompt's blocks in the cache's order: hashed into prefix
    cast(null as integer) as system_blocks,
    cast(null as double) as complexity,
    cast(null as double) as cost_logged_usd
where false
