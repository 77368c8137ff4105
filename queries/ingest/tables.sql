-- What the store keeps besides `requests`: its sources, the lines it could not read, and the facts that price it.

create table sources (
    source_id      integer not null,    -- counts up from 1
    path           varchar not null,    -- as resolved on the machine that ingested it
    bytes          bigint not null,     -- size on disk when reading it began
    end_byte       bigint not null,     -- the text up to here, whole lines, is in the store
    lines          bigint not null,     -- lines up to end_byte
    whole_document boolean not null,    -- its lines mean something only together: read again when it grows
    modified_ns    bigint not null,
    fingerprint    varchar not null,    -- hash of the first and last of those bytes
    format_asked   varchar not null,    -- --format of that run: with another the file is read again
    keeps_text     boolean not null,    -- whether its texts were kept: if not, --keep-text reads it again
    mappings       varchar,             -- JSON: by name, hashes of the mappings of llmcost.toml that read lines of it;
                                        -- by *, the names of all of them, where no format claims a line; null: neither
    assumed        varchar,             -- JSON: what was assumed for its lines, by parameter; null: nothing
    machine        varchar              -- merged from the store of this machine; null: read here
);

create table origins (                  -- of sources merged from other stores
    source_id       integer not null,
    store_id        varchar not null,   -- of the store that read it from its log
    store_source_id integer not null    -- its source_id there
);

create table skipped (                  -- files that an ingest found and did not read, until it can
    path   varchar not null,
    reason varchar not null
);

create table ledger (
    source_id  integer not null,
    format     varchar,                 -- null: lines that no format claims
    lines      bigint not null,         -- = requests + duplicates + no_call + rejects; a line that wraps several
                                        -- records counts as that many
    requests   bigint not null,         -- new rows of `requests`, less those that turned out to repeat others
    duplicates bigint not null,         -- copies merged into a request that stands already, and records that repeat
                                        -- the usage of those below them
    no_call    bigint not null,         -- lines that carry no call
    rejects    bigint not null
);

create table rejects (
    source_id integer not null,
    line_no   bigint not null,          -- counts from 1; in a JSON document: the element
    format    varchar,
    reason    varchar not null,
    excerpt   varchar,                  -- the line's beginning, secrets redacted
    request_id varchar                  -- of a record of a trace: calls below it that are read later make it a repeat
);

create table readings (                 -- lines of mapped logs: what a mapping made of them, until another reads them again
    line_hash     varchar not null,
    request_id    varchar not null,
    mapping       varchar not null,     -- hash of the mapping
    output_tokens bigint not null       -- of the line's copy: tells whether it is the one that counts
);

create table models (
    provider_logged varchar,            -- as the log names it
    model_logged    varchar,
    provider        varchar,            -- as the price table names it
    model           varchar,
    valid_from      date not null,      -- the days on which the log's names stand for these
    valid_to        date                -- the first day no longer; null: still
);

create table spans (                    -- records of traces, calls and others: which stands under which
    request_id   varchar not null,
    trace_id     varchar not null,
    parent_id    varchar,               -- the request_id of the record above
    carries_call boolean not null       -- and could be taken
);

create table texts (                    -- what was said, secrets redacted; empty unless an ingest was told to --keep-text
    request_id varchar not null,
    system     varchar,
    prompt     varchar,                 -- the last user turn
    output     varchar
);

create table openings (                 -- requests with a text whose prompt has no name and no system prompt
    request_id varchar not null,
    openings   varchar[] not null       -- hashes of its first 16, 32 … characters, see openings_of
);

create table ruled (                    -- requests whose feature comes from a rule in llmcost.toml
    request_id varchar not null
);

-- Every prompt that requests name or were given: how to call it, an example where texts are kept, and the share of its
-- tokens that no request changes, as far as blocks of prompts tell: what a prompt cache could hold of it.
create view prompts as
with used as (
    select
        prompt_id,
        case
            when regexp_full_match(prompt_id, 'system:[0-9a-f]{16}') then 'system'
            when regexp_full_match(prompt_id, 'template:[0-9a-f]{16}') then 'template'
            else 'log'
        end as source,
        count(prefix) as requests,
        -- what the first and the last list in order have in common, all have
        min(list_transform(prefix, lambda block: block.hash)) as first_hashes,
        max(list_transform(prefix, lambda block: block.hash)) as last_hashes,
        median(prefix[system_blocks].tokens) as system_tokens
    from requests
    where prompt_id is not null
    group by prompt_id
),

common as (
    select
        prompt_id,
        coalesce(list_max(list_filter(
            range(1, least(len(first_hashes), len(last_hashes)) + 1),
            lambda place: first_hashes[place] = last_hashes[place]
        )), 0) as blocks
    from used
    where requests > 1
),

stable as (
    select
        prompt_id,
        least(1, coalesce(sum(prefix[blocks].tokens), 0) / nullif(
            sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens), 0
        )) as stable_share
    from requests
    inner join common using (prompt_id)
    where prefix is not null
    group by prompt_id
),

spoken as (
    select
        requests.prompt_id,
        min(texts.system) as system,
        min_by(texts.prompt, texts.request_id) as example,
        min(texts.prompt) as first_prompt,
        max(texts.prompt) as last_prompt
    from texts
    inner join requests using (request_id)
    where requests.prompt_id is not null
    group by requests.prompt_id
),

worded as (
    select
        prompt_id,
        system,
        example,
        coalesce(first_prompt[1:list_max(list_filter(
            range(1, 200), lambda upto: first_prompt[1:upto] = last_prompt[1:upto]
        ))], '') as beginning
    from spoken
)

select
    prompt_id,
    case
        when source = 'log' then prompt_id
        when source = 'system' then coalesce(
            '“' || left(trim(regexp_replace(system, '\s+', ' ', 'g')), 60) || '”',
            'system prompt of ' || format('{:,}', cast(round(system_tokens) as bigint)) || ' tokens, ' || prompt_id[8:11]
        )
        else coalesce(
            '“' || left(trim(regexp_replace(
                case when length(beginning) >= 12 then beginning else example end, '\s+', ' ', 'g'
            )), 60) || ' …”',
            'template ' || prompt_id[10:13]
        )
    end as label,
    example as example_redacted,
    stable_share,
    source
from used
left join stable using (prompt_id)
left join worded using (prompt_id);
