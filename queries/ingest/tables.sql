-- What the store keeps beside `requests`: where it read, what it could not read, and the facts that price it.

create table sources (
    source_id      integer not null,    -- counts up from 1
    path           varchar not null,    -- as resolved on the machine that ingested it
    bytes          bigint not null,     -- size on disk when reading it began
    end_byte       bigint not null,     -- the text up to here, whole lines, is in the store
    lines          bigint not null,     -- lines up to end_byte
    whole_document boolean not null,    -- its lines mean something only together: read anew when it grows
    modified_ns    bigint not null,
    fingerprint    varchar not null,    -- hash of the first and last of those bytes
    format_asked   varchar not null     -- --format of that run: with another the file is read anew
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
    excerpt   varchar                   -- the line's beginning, secrets redacted
);

create table models (
    provider_logged varchar,            -- as the log names it
    model_logged    varchar,
    provider        varchar,            -- as the price table names it
    model           varchar
);

create table spans (                    -- records of traces, calls and others: which stands under which
    request_id   varchar not null,
    trace_id     varchar not null,
    parent_id    varchar,               -- the request_id of the record above
    carries_call boolean not null       -- and could be taken
);
