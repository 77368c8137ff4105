-- Small functions the ingest queries share. DuckDB only: ingestion does not run on another engine.

-- A time as logs write it: ISO 8601 with or without a zone (none: UTC), or epoch seconds, ms, µs, ns by magnitude.
create or replace temp macro as_any_time(text) as
    case
        when text is null then null
        when suffix(text, 'Z') then try_cast(text as timestamp)
        when regexp_full_match(text, '[0-9]{9,}(\.[0-9]+)?([eE][+-]?[0-9]+)?') then
            try(make_timestamp((
                case
                    when try_cast(text as double) < 1e11 then try_cast(text as double) * 1e6
                    when try_cast(text as double) < 1e14 then try_cast(text as double) * 1e3
                    when try_cast(text as double) < 1e17 then try_cast(text as double)
                    else try_cast(text as double) / 1e3
                end)::bigint))
        else try_cast(text as timestamptz)::timestamp
    end;

-- The same; null for anything outside the years 1970 to 2100, so that differences of times stay small.
create or replace temp macro as_time(text) as
    case when as_any_time(text) between timestamp '1970-01-01' and timestamp '2100-12-31 23:59:59'
        then as_any_time(text) end;

-- A time of 0 means no time, and so do seconds since a server began, as early versions of vLLM write them: fewer than
-- those of a date with eight digits.
create or replace temp macro is_unset(text) as regexp_full_match(text, '\s*(0*(\.0*)?|[0-9]{1,7}(\.[0-9]+)?)\s*');

-- A whole number as logs write it: 12, "12", 12.0, 1e3. Null for anything else (a fraction, 0x10) and beyond 10^12
-- either way, so that sums of counts stay small. The number is what the text converts to.
create or replace temp macro whole(text, number) as
    case
        when number::varchar = text or regexp_full_match(text, '\s*[+-]?[0-9]+(\.0*)?([eE]\+?[0-9]+)?\s*')
        then case when number between -1000000000000 and 1000000000000 then number end
    end;

create or replace temp macro parse_count(text) as whole(text, try_cast(text as bigint));

-- Something other than a count is where a count belongs.
create or replace temp macro is_no_count(text) as text is not null and parse_count(text) is null;

create or replace temp macro short_hash(text) as left(md5(text), 16);

-- The article's rule: complex words among complex and simple ones, 0.5 with neither.
create or replace temp macro complexity_of(prompt) as
    case
        when prompt is null then null
        when regexp_matches(prompt, '(?i)\b(analyze|reason|compare|design|architect|debug|summarize|classify|extract|list|format)\b')
        then len(regexp_extract_all(prompt, '(?i)\b(analyze|reason|compare|design|architect|debug)\b'))
            / len(regexp_extract_all(
                prompt,
                '(?i)\b(analyze|reason|compare|design|architect|debug|summarize|classify|extract|list|format)\b'))
        else 0.5
    end;

-- The growth of a running total; one that has fallen was restarted.
create or replace temp macro risen(total, total_before) as
    (
        parse_count(total)
        - case when parse_count(total_before) <= parse_count(total) then parse_count(total_before) else 0 end
    )::varchar;

-- The sum of counts under several names. An invalid one is kept, to be rejected later.
create or replace temp macro tallied(texts) as
    coalesce(
        list_filter(texts, lambda text: is_no_count(text))[1],
        list_sum(list_transform(texts, lambda text: parse_count(text)))::bigint::varchar);

-- The larger of two counts of the same thing. An invalid one is kept, to be rejected later.
create or replace temp macro larger(one, other) as
    case
        when one is null or is_no_count(other) then other
        when other is null or is_no_count(one) then one
        when parse_count(one) >= parse_count(other) then one
        else other
    end;

-- The largest of several counts of the same thing. An invalid one is kept, to be rejected later.
create or replace temp macro largest(texts) as
    coalesce(
        list_filter(texts, lambda text: is_no_count(text))[1],
        list_max(list_transform(texts, lambda text: parse_count(text)))::varchar);

-- What a usage of OpenAI's form says of caches, with its details of the prompt: under OpenAI's names, or under those by
-- which gateways (LiteLLM, Portkey, Bifrost, New API, CLIProxyAPI, Model Studio) pass on what Claude or Qwen counted.
create or replace temp macro gateway_counts(usage, sent) as {
    'cache_read': largest([sent.cached_tokens, sent.cached_read_tokens, usage.cache_read_input_tokens]),
    'cache_write': largest([
        sent.cache_write_tokens, sent.cached_write_tokens, sent.cache_creation_tokens, sent.cached_creation_tokens,
        sent.cache_creation_input_tokens, usage.cache_creation_input_tokens
    ]),
    'cache_write_5m': coalesce(
        sent.cache_creation_token_details.ephemeral_5m_input_tokens, sent.cache_creation.ephemeral_5m_input_tokens,
        usage.cache_creation.ephemeral_5m_input_tokens, usage.claude_cache_creation_5_m_tokens
    ),
    'cache_write_1h': coalesce(
        sent.cache_creation_token_details.ephemeral_1h_input_tokens, sent.cache_creation.ephemeral_1h_input_tokens,
        usage.cache_creation.ephemeral_1h_input_tokens, usage.claude_cache_creation_1_h_tokens
    )
};

-- A count of an answer that took several passes: that of the whole may be that of the first pass alone, and what
-- compactions used stands outside it.
create or replace temp macro over_passes(whole, passes, compactions) as
    case
        when coalesce(len(passes), 0) < 2 and coalesce(len(compactions), 0) = 0 then whole
        else tallied(list_concat(
            [case when len(passes) > 1 then larger(whole, tallied(passes)) else whole end], compactions))
    end;

-- What Anthropic bills for the model that answered: `usage` as its API gives it. Few answers take several passes; for these
-- the five counts are added up in one list, since every use of `over_passes` is planned again, at a cost that shows in
-- each ingest.
create or replace temp macro anthropic_counts(usage) as
    case
        when coalesce(len(usage.iterations), 0) = 0
        then {
            'input': usage.input_tokens,
            'cache_read': usage.cache_read_input_tokens,
            'cache_write': usage.cache_creation_input_tokens,
            'cache_write_5m': usage.cache_creation.ephemeral_5m_input_tokens,
            'cache_write_1h': usage.cache_creation.ephemeral_1h_input_tokens,
            'output': usage.output_tokens
        }
        else list_transform(
            [list_transform(
                [
                    {
                        'whole': usage.input_tokens,
                        'parts': list_transform(
                            usage.iterations, lambda it: {'type': it.type, 'count': it.input_tokens})
                    },
                    {
                        'whole': usage.cache_read_input_tokens,
                        'parts': list_transform(
                            usage.iterations, lambda it: {'type': it.type, 'count': it.cache_read_input_tokens})
                    },
                    {
                        'whole': usage.cache_creation_input_tokens,
                        'parts': list_transform(
                            usage.iterations, lambda it: {'type': it.type, 'count': it.cache_creation_input_tokens})
                    },
                    {
                        'whole': usage.cache_creation.ephemeral_1h_input_tokens,
                        'parts': list_transform(
                            usage.iterations,
                            lambda it: {'type': it.type, 'count': it.cache_creation.ephemeral_1h_input_tokens})
                    },
                    {
                        'whole': usage.output_tokens,
                        'parts': list_transform(
                            usage.iterations, lambda it: {'type': it.type, 'count': it.output_tokens})
                    }
                ],
                lambda one: over_passes(
                    one.whole,
                    list_transform(list_filter(one.parts, lambda it: it.type = 'message'), lambda it: it.count),
                    list_transform(list_filter(one.parts, lambda it: it.type = 'compaction'), lambda it: it.count))
            )],
            lambda it: {
                'input': it[1],
                'cache_read': it[2],
                'cache_write': it[3],
                'cache_write_5m': usage.cache_creation.ephemeral_5m_input_tokens,
                'cache_write_1h': it[4],
                'output': it[5]
            }
        )[1]
    end;

-- What an advisor used while the answer was made: calls of their own model.
create or replace temp macro advisor_calls(usage) as
    list_transform(list_filter(usage.iterations, lambda it: it.type = 'advisor_message'), lambda it: {
        'name': 'advisor',
        'model': it.model,
        'input_tokens': it.input_tokens,
        'cache_read_tokens': it.cache_read_input_tokens,
        'cache_write_tokens': it.cache_creation_input_tokens,
        'cache_write_5m_tokens': it.cache_creation.ephemeral_5m_input_tokens,
        'cache_write_1h_tokens': it.cache_creation.ephemeral_1h_input_tokens,
        'output_tokens': it.output_tokens
    });

-- An id, extended by what else distinguishes calls if it may be shared by several: ids of small servers and proxies are
-- short numbers or fixed words, those of vendors have at least twelve random characters.
create or replace temp macro told_apart(id, further) as
    case
        when further is null
            or regexp_matches(regexp_replace(id, '^[a-z]+[-_]', ''), '^[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*$')
            and length(regexp_replace(id, '^[a-z]+[-_]', '')) >= 12
        then id
        else id || '|' || further
    end;

-- The value of a name, where names and values are two lists: the first of several.
create or replace temp macro under(names, texts, name) as texts[list_position(names, name)];

-- A service tier as logs spell it. An unknown tier keeps its name, so that it is never read as standard.
create or replace temp macro tier_of(text) as
    case
        when text is null then 'standard'
        when lower(trim(text)) in (
            '', 'standard', 'default', 'auto', 'on_demand', 'standard_only', 'none', 'not_available',
            'unspecified', 'traffic_type_unspecified', 'service_tier_unspecified'
        ) then 'standard'
        else left(regexp_replace(lower(trim(text)), '^(on_demand_|service_tier_)', ''), 40)
    end;

-- The tier that a model's name says: OpenRouter lists batches as models of their own.
create or replace temp macro tier_in(model) as case when ends_with(lower(trim(model)), ':batch') then 'batch' end;

-- The tier that Anthropic bills a usage object by: its speed, where that is not the standard one, else its service tier.
create or replace temp macro anthropic_tier(usage) as
    coalesce(nullif(tier_of(usage.speed), 'standard'), usage.service_tier);

-- A region as logs spell it; null where the request could be processed anywhere.
create or replace temp macro region_of(text) as
    case
        when text is not null
        and lower(trim(text)) not in ('', 'global', 'global-standard', 'not_available', 'none', 'unknown', 'default', 'auto')
        then left(lower(trim(text)), 40)
    end;

-- The region in an address of an API, or in the name of a model that has one: eu.api.openai.com, us-api.together.ai,
-- us-east5-aiplatform.googleapis.com, projects/p/locations/us-east5/publishers/…, azure/eu/….
create or replace temp macro region_in(address) as
    case
        when address is not null and (contains(address, '.') or contains(address, '/')) then region_of(nullif(concat(
            regexp_extract(address, '(^|/)([a-z]{2})\.api\.(openai\.com|x\.ai)', 2),
            regexp_extract(address, '(^|/)([a-z]{2})-api\.together\.', 2),
            coalesce(
                nullif(regexp_extract(address, '/locations/([a-z0-9-]+)/', 1), ''),
                nullif(regexp_extract(address, '(^|/)([a-z]+(-[a-z]+)+[0-9]+)-aiplatform\.googleapis\.com', 2), ''),
                regexp_extract(address, '(^|/)aiplatform\.([a-z]+)\.rep\.googleapis\.com', 2)
            ),
            regexp_extract(address, '^azure(_ai)?/(us|eu)/', 2)
        ), ''))
    end;

-- A cost as a log gives it: a number, or an object with the total in it, as Perplexity's.
create or replace temp macro logged_cost(cost) as
    coalesce(try_cast(cost as double), try_cast(cost ->> '$.total_cost' as double));

-- Billed uses of tools, those that there were: a list of names and counts as a map. The first count of a name stands.
create or replace temp macro uses_of(entries) as
    list_transform(
        [list_filter(entries, lambda it: coalesce(it.value, '0') <> '0' and it.key is not null)],
        lambda uses: case
            when len(uses) > 0
            then map_from_entries(list_filter(
                uses, lambda it, place: list_position(list_transform(uses, lambda use: use.key), it.key) = place
            ))
        end
    )[1];

-- What xAI's server-side tools did, by the names of its price list: searches on X by the posts and profiles that they
-- fetched, where these are counted, else by the call. Calls of MCP servers cost nothing.
create or replace temp macro xai_uses(details) as
    case when details is null then [] else [
        {'key': 'x_posts', 'value': details['x_posts_fetched']},
        {'key': 'x_profiles', 'value': details['x_users_fetched']},
        {
            'key': 'x_search',
            'value': case
                when coalesce(details['x_posts_fetched'], details['x_users_fetched']) is null then details['x_search_calls']
            end
        },
        {'key': 'code_execution', 'value': details['code_interpreter_calls']},
        {'key': 'collections_search', 'value': details['file_search_calls']},
        {'key': 'attachment_search', 'value': details['document_search_calls']},
        {'key': 'image_generation', 'value': details['image_generation_calls']}
    ] end;

-- Billed searches among the items of an answer of OpenAI's: opening a page, or finding something in it, is not billed.
create or replace temp macro searches_among(items) as
    len(list_filter(
        items,
        lambda item: item ->> '$.type' = 'web_search_call' and coalesce(item ->> '$.action.type', 'search') = 'search'
    ))::varchar;

-- Billed uses of other tools among them: each search in files, and a container once, however many calls use it.
create or replace temp macro uses_among(items) as [
    {
        'key': 'file_search',
        'value': len(list_filter(items, lambda item: item ->> '$.type' = 'file_search_call'))::varchar
    },
    {
        'key': 'container',
        'value': len(list_distinct(list_transform(
            list_filter(items, lambda item: item ->> '$.type' = 'code_interpreter_call'),
            lambda item: item ->> '$.container_id'
        )))::varchar
    }
];

-- The items of an answer that a trace has kept: a list, one of them, or the response with the list in it.
create or replace temp macro items_kept(answer) as
    case
        when contains(answer, '_call"') and json_valid(answer)
        then case json_type(answer)
            when 'ARRAY' then try(from_json(answer, '["JSON"]'))
            when 'OBJECT' then coalesce(try(from_json(json_extract(answer, '$.output'), '["JSON"]')), [answer::json])
        end
    end;

-- The calls of tools that the vendor ran in the output messages of a span, as items of such an answer.
create or replace temp macro server_items(messages) as
    case
        when contains(messages, '"server_tool_call"')
        then list_transform(
            list_filter(
                flatten(list_transform(try(from_json(messages, '[{"parts": ["JSON"]}]')), lambda it: it.parts)),
                lambda part: part ->> '$.type' = 'server_tool_call'
            ),
            lambda part: json_object(
                'type', concat(part ->> '$.name', '_call'),
                'action', json_extract(part, '$.server_tool_call.action'),
                'container_id', json_extract(part, '$.server_tool_call.container_id')
            )
        )
    end;

-- Whether a name of an instrumentation counts uses of a tool that a vendor runs.
create or replace temp macro is_tool_use(name) as regexp_matches(
    name,
    'server_tool_use|server_side_tool|(^|[._])(web_search(es)?|num_search|file_search|code_interpreter|code_interpreter_sessions'
    || '|containers?|citation_tokens|google_maps_grounding|image_generation|x_search)(_calls|_requests|_queries)?$');

-- A count of uses by its name, among those of no vendor, of Anthropic ('tool_use') or of xAI ('side_tool').
create or replace temp macro tool_count(counts, vendor, name) as
    list_filter(
        counts,
        lambda it: regexp_extract(it.key, 'server_(side_tool|tool_use)', 1) = vendor
            and regexp_matches(it.key, '(^|[._])(' || name || ')(_calls|_requests|_queries)?$')
    )[1].value;

-- Billed searches under the names of an instrumentation.
create or replace temp macro searches_named(counts) as
    coalesce(
        tool_count(counts, '', 'web_search(es)?|num_search'),
        tool_count(counts, 'tool_use', 'web_search'),
        tool_count(counts, 'side_tool', 'web_search')
    );

-- Billed uses of other tools under such names, by those of the price list. Anthropic's are free, or billed by the hour.
create or replace temp macro uses_named(counts) as
    list_concat(
        xai_uses(map {
            'x_posts_fetched': tool_count(counts, 'side_tool', 'x_posts_fetched'),
            'x_users_fetched': tool_count(counts, 'side_tool', 'x_users_fetched'),
            'x_search_calls': coalesce(
                tool_count(counts, 'side_tool', 'x_search'), tool_count(counts, '', 'x_search')
            ),
            'code_interpreter_calls': tool_count(counts, 'side_tool', 'code_(interpreter|execution)'),
            'file_search_calls': tool_count(counts, 'side_tool', '(file|collections)_search'),
            'document_search_calls': tool_count(counts, 'side_tool', '(document|attachment)_search'),
            'image_generation_calls': coalesce(
                tool_count(counts, 'side_tool', 'image_generation'), tool_count(counts, '', 'image_generation')
            )
        }),
        [
            {'key': 'file_search', 'value': tool_count(counts, '', 'file_search')},
            {'key': 'container', 'value': tool_count(counts, '', 'code_interpreter_sessions|containers?')},
            {'key': 'code_interpreter', 'value': tool_count(counts, '', 'code_interpreter')},
            {'key': 'google_maps', 'value': tool_count(counts, '', 'google_maps_grounding')},
            {'key': 'citation_tokens', 'value': tool_count(counts, '', 'citation_tokens')}
        ]
    );

-- The count of one modality among named counts; of those that were cached only where these are asked for.
create or replace temp macro of_kind(counts, names, kind) as
    tallied(list_transform(
        list_filter(
            counts,
            lambda it: regexp_matches(it.key, names) and contains(it.key, kind)
                and (names = 'cache' or not contains(it.key, 'cache'))
        ),
        lambda it: it.value
    ));

-- Details of a count that a trace keeps as a JSON object, by names that begin with the count's.
create or replace temp macro details_of(details, prefix) as
    coalesce(list_transform(
        map_entries(try(from_json(details, '"MAP(VARCHAR, VARCHAR)"'))),
        lambda it: {'key': prefix || it.key, 'value': it.value}
    ), []);

-- A part of a count, among parts named by many instrumentations: what is called so, and not otherwise.
create or replace temp macro part_of_usage(parts, called, otherwise) as
    largest(list_transform(
        list_filter(
            parts,
            lambda it: regexp_matches(it.key, '(?i)' || called) and not regexp_matches(it.key, '(?i)' || otherwise)
        ),
        lambda it: it.value
    ));

-- Gemini's count of one modality.
create or replace temp macro of_modality(details, name) as
    tallied(list_transform(list_filter(details, lambda it: it.modality = name), lambda it: it.tokenCount));

-- Counts by modality of Gemini's Interactions API, as its other answers have them.
create or replace temp macro modalities_of(counts) as
    list_transform(counts, lambda it: {'modality': upper(it.modality), 'tokenCount': it.tokens});

-- A part of the prompt, minus its tokens that were read from a cache.
create or replace temp macro without_cached(part, cached) as
    greatest(parse_count(part) - coalesce(parse_count(cached), 0), 0)::varchar;

-- The identity of a line without an id, by its text. A line break added later to the last line of a file changes nothing.
create or replace temp macro row_hash(raw) as md5(rtrim(raw, chr(10) || chr(13)));

-- The value at a path of a line, as JSON text. A line without the path's last name is not parsed.
create or replace temp macro at_path(raw, path) as
    case when contains(raw, regexp_extract(path, '[A-Za-z0-9_]*$')) then try(json_extract(raw, path))::varchar end;

-- The kinds of lines that every version of Codex writes.
create or replace temp macro is_rollout_line(kind) as
    kind in ('session_meta', 'turn_context', 'event_msg', 'token_usage_record', 'response_item', 'compacted');

-- LiteLLM's calls about a stored response, which cost nothing.
create or replace temp macro is_retrieval(call_type) as
    coalesce(regexp_matches(call_type, '^a?(get|list|delete|cancel)_'), false);

-- The second in which a call began, independent of how its time is written.
create or replace temp macro started_second(text) as (epoch_us(as_time(text)) // 1000000)::varchar;

-- JSON that is in the log as JSON, or as JSON inside a text.
create or replace temp macro unquoted(json) as
    case when json_type(json) = 'VARCHAR' then json ->> '$' else json::varchar end;

-- Tags like "feature:search" by name; the last of two of a name stands.
create or replace temp macro named_tags(tags) as
    map_from_entries(list_transform(
        list_distinct(list_transform(
            list_filter(tags, lambda tag: contains(tag, ':')), lambda tag: split_part(tag, ':', 1)
        )),
        lambda name: {
            'key': name,
            'value': list_filter(tags, lambda tag: starts_with(tag, name || ':'))[-1][len(name) + 2:]
        }));

-- The numbers and texts of a JSON object itself, without what is inside others, as an object. Null, without an error that
-- `try` would have to catch at ten times the cost, for what is no JSON object.
create or replace temp macro own_values(json_text) as
    case
        when case when json_valid(json_text) then json_type(json_text) end = 'OBJECT'
        then to_json(map_from_entries(list_filter(
            map_entries(try(json_text::json::map(varchar, json))),
            lambda it: json_type(it.value) in ('UBIGINT', 'BIGINT', 'DOUBLE', 'VARCHAR')
        )))::varchar
    end;

-- The record of a line that may hold several in a list. The list is read once for all records of a line: it is an
-- expression of the line alone.
create or replace temp macro record_in(raw, path, record_no) as
    case
        when at_path(raw, path) is null then raw
        else (try(json_extract(raw, path || '[*]')))[(record_no - 1) % 1000000 + 1]::varchar
    end;

-- The unknown names in a usage object, at any depth, that have a count above zero. Limits, times, costs and shares are
-- not counts.
create or replace temp macro unknown_counts(usage, known) as
    list_distinct(list_filter(
        regexp_extract_all(usage, '"([A-Za-z0-9_.]+)"\s*:\s*"?[1-9][0-9]*(?:\.0+)?"?\s*[,}\]]', 1),
        lambda name: regexp_matches(name, '(?i)token|input|output|prompt|completion|cached|thought|reasoning|usage')
            and not regexp_matches(name, '(?i)max|limit|budget|window|time|cost|price|usd|second|_ms$|ms$|ratio|percent|_id$')
            and not list_contains(known, name)
    ));

-- Whether a text may hide something behind escapes, percents, base64 or characters that are not seen.
create or replace temp macro is_encoded(text) as regexp_matches(
    text,
    '\\[ux/\\"]|%[2-7][0-9A-Fa-f]|[A-Za-z0-9+/]{24,}|[\x{AD}\x{200B}-\x{200F}\x{2060}-\x{2064}\x{FEFF}]');

-- The text as it is searched for secrets: decoded where that shows one.
create or replace temp macro searched(text) as
    case
        when is_encoded(text) and regexp_matches(decoded(text), secret_pattern()) then decoded(text)
        else text
    end;

-- Removes what looks like a secret, by the rules of `queries/facts/secrets.toml`.
-- A macro repeats what it is given wherever it names it: as a lambda's parameter the text is planned once.
create or replace temp macro redacted(text) as
    list_transform([text], lambda it: regexp_replace(searched(it), secret_pattern(), '\1[redacted]', 'g'))[1];

-- Ids and names: one that holds a secret is told by a hash.
create or replace temp macro without_secrets(texts) as
    list_transform(texts, lambda text: case
        when regexp_matches(text, secret_pattern()) then 'secret-' || short_hash(text)
        else text
    end);

-- Whether a name says that what it names is a secret.
create or replace temp macro is_called_secret(name) as
    regexp_full_match(
        name,
        '(?i)(.*[_.-])?(authorization|cookie|set-cookie|password|passwd|pwd|secret|api[_-]?key|(access|auth|api|refresh|session)[_-]?token)');

-- Of an error's message its class and its code, which hold no text of a prompt.
create or replace temp macro error_class(message) as
    case
        when message is not null
        then coalesce(
            nullif(concat_ws(
                ' ',
                nullif(regexp_extract(message, '\b[A-Z][A-Za-z0-9]{0,60}(Error|Exception|Timeout|Failure|Exceeded|Refused|Interrupt)\b'), ''),
                nullif(regexp_extract(message, '(^|[^0-9.])([45][0-9]{2})([^0-9.]|$)', 2), '')
            ), ''),
            nullif(regexp_extract(message, '(?i)\b(rate.?limit|overloaded|time.?out|timed out|unauthori[sz]ed|forbidden|not.?found|content.?filter|context.?length|quota|cancell?ed)'), ''),
            'error')
    end;

-- Whether lines are told by their text, so that what a mapping made of them can be replaced: an ingest says so here.
create or replace temp macro tracks_lines() as false;

-- What --keep-text and --redact-emails ask for: an ingest that is asked for them says so here.
create or replace temp macro keeps_text() as false;

create or replace temp macro redacts_emails() as false;

-- A text as it is kept.
create or replace temp macro kept(text) as
    list_transform([redacted(text)], lambda it: case
        when redacts_emails()
        then regexp_replace(it, '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}', '[e-mail]', 'g')
        else it
    end)[1];

-- What a store shows of a line that could not be taken: its beginning, and its structure alone unless texts are kept.
create or replace temp macro excerpt_of(raw) as
    case
        when keeps_text() then redacted(left(raw, 20000))[:300]
        else redacted(structure_of(left(raw, 20000)))
    end;

-- The words of a message that stands in the log as JSON; of a bare text, the text. Null where it has none.
create or replace temp macro said(message) as
    case
        when not regexp_matches(left(message, 100), '^\s*[\[{]') or not json_valid(message) then message
        when json_type(message, '$.content') = 'VARCHAR' then message ->> '$.content'
        else nullif(array_to_string(list_concat(
            json_extract_string(message, '$.content[*].text'),
            json_extract_string(message, '$.parts[*].text'),
            json_extract_string(message, '$[*].text')
        ), chr(10)), '')
    end;

-- What is left of a short message in JSON without its names and what they say of its form, of another message all.
create or replace temp macro bare(message) as
    case
        when not regexp_matches(message, '^\s*[\[{]') then message
        else regexp_replace(
            case
                when regexp_matches(message, '"(role|content|parts|text)"\s*:')
                    then regexp_replace(
                        message,
                        '"(role|type|id|object|status|phase|finish_?[rR]eason|index)"\s*:\s*("[^"]*"|-?[0-9.]+)', '', 'g'
                    )
                else message
            end,
            '"\w+"\s*:\s*(null)?', '', 'g'
        )
    end;

-- An answer as it is logged; null for one that says nothing, like {"role": "assistant", "content": ""}: two of these are
-- no evidence that an answer repeats.
create or replace temp macro answer_of(message) as
    case when length(message) >= 300 or regexp_matches(bare(message), '[^\s\[\]{}",:]') then message end;

-- How a message begins: hashes of its first 16, 32, 64 … 512 characters and, last, of 2,000, with numbers taken as
-- equal. Texts that are one template filled in share the first of these. Null for a message without words.
create or replace temp macro openings_of(message) as
    case when message is not null then
        list_transform(
            list_filter(
                [regexp_replace(lower(left(trim(said(message)), 2000)), '[0-9]+', '#', 'g')], lambda start: start <> ''
            ),
            lambda start: list_concat(
                list_transform(
                    list_filter([16, 32, 64, 128, 256, 512], lambda upto: upto < length(start)),
                    lambda upto: short_hash(left(start, upto))
                ),
                [short_hash(start || chr(10))]
            )
        )[1]
    end;

-- What the parameters of a request at a path of the line say of the vendor's cache. They are not read with the others, all
-- of which decide the answer. Few lines have any, and a line is not parsed again without one.
create or replace temp macro cache_key_at(raw, path) as
    case when contains(raw, '"prompt_cache_key"') then try(raw ->> (path || '.prompt_cache_key')) end;

create or replace temp macro cache_retention_at(raw, path) as
    case
        when contains(raw, '"prompt_cache_retention"') or contains(raw, '"prompt_cache_options"')
        then try(coalesce(raw ->> (path || '.prompt_cache_retention'), raw ->> (path || '.prompt_cache_options.ttl')))
    end;
