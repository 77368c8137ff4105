-- The relation `requests`: one row per API call.
--
-- Every format ends in these columns, every what-if keeps them, every report
-- reads them. Their meaning is written here and nowhere else.

create table requests (
    -- identity
    request_id            varchar not null,   -- the provider's own id, else a hash of the row; unique
    part_of               varchar,            -- the request_id of the request whose log line also reports this one, such as
                                              -- an advisor's call; null: it has its own line
    source_format         varchar not null,   -- name of the format that recognised the line
    ts                    timestamp,          -- UTC, when the request started; null where the log has no time

    -- what was called
    provider              varchar,            -- as billed: the price table's provider id
    model                 varchar,            -- as billed: the price table's model id
    model_logged          varchar,            -- the model as the log wrote it
    model_assumed         boolean not null default false,
                                              -- the log names no model: this one was assumed for it

    -- who and what spent it
    feature               varchar,
    task_type             varchar,
    prompt_id             varchar,
    user_id               varchar,
    session_id            varchar,
    thread_id             varchar,            -- the conversation within the session, such as a subagent's; null: its main one
    branched              boolean not null default false,
                                              -- a subagent's or a fork's call: its file repeats calls of its parent
    copied                boolean not null default false,
                                              -- repeated from another session's history, whose own line is missing: `ts`
                                              -- is when it was copied, it was sent earlier
    continues             varchar,            -- the request_id of the call before it, where its session has that call
                                              -- from another's history; null: the call before is its session's own
    history_began_tokens  bigint,             -- tokens of the first prompt of the history that its session has from
                                              -- another; null: it has none
    project               varchar,
    machine               varchar,            -- merged from the store of this machine; null: read here
    tags                  map(varchar, varchar),  -- everything else the log says; ingest and replays neither read nor change it

    -- billed tokens: five disjoint buckets, whole numbers >= 0
    input_tokens          bigint not null,    -- neither read from nor written to a prompt cache
    cache_read_tokens     bigint not null,
    cache_write_5m_tokens bigint not null,    -- written to live five minutes (or the provider's default life)
    cache_write_1h_tokens bigint not null,
    output_tokens         bigint not null,    -- reasoning included
    reasoning_tokens      bigint,             -- the part of output_tokens spent on reasoning
    input_audio_tokens    bigint,             -- the parts of input_tokens, cache_read_tokens and output_tokens that are
    input_image_tokens    bigint,             -- not text; null where the log does not separate them
    input_video_tokens    bigint,
    cache_read_audio_tokens bigint,
    cache_read_image_tokens bigint,
    output_audio_tokens   bigint,
    output_image_tokens   bigint,
    output_video_tokens   bigint,

    -- billed by the use: fees
    web_searches          bigint not null,    -- billed server-side searches
    tools                 map(varchar, bigint),   -- other billed uses by name, as file_search or container; null: none

    calls                 bigint not null,    -- how many calls the row represents: 1, more in a provider's daily aggregate

    -- what answered it: state of replays is here, not in tags
    answered_by           varchar not null default 'model',
                                              -- model: a separate call | cache: a cache of answers, in the log or of a
                                              -- what-if | joint_call: another request's call, which it was joined to
    answered_from         varchar,            -- set by a what-if: request_id of the request whose answer or call it gets
    answer_similarity     double,             -- set by a what-if's cache: of the two prompts, 1: the same, else a cosine
    cached_answer         varchar,            -- set by a what-if's cache: same | differs | unknown, next to the logged one
    requests_answered     bigint not null default 1,
                                              -- by its call: more than 1 where a what-if joined requests, 0: no call
    added_to              varchar,            -- set by a what-if on a row that it adds: request_id of the logged request
                                              -- that the row belongs to; null: it is one itself

    -- how it went
    max_output_tokens     bigint,             -- the request's own cap
    output_used_tokens    bigint,             -- the first of output_tokens, as far as the caller used them
    stop_reason           varchar,            -- as logged: end_turn, max_tokens, stop, length, tool_use ...
    service_tier          varchar not null,   -- standard | batch | flex | priority | fast | ultrafast, else as logged
    region                varchar,            -- where it had to be processed, as logged: us, eu, us-east5; null: anywhere
    status                varchar not null,   -- ok | error
    latency_ms            double,             -- request sent to last token
    ttft_ms               double,             -- request sent to first token
    output_partial        boolean not null,   -- true: the final output count was not logged, output_tokens is too low
    counts_doubtful       boolean not null default false,
                                              -- true: the logged total is not the sum of the counts, however they
                                              -- overlap

    -- what a cache sees
    prompt_hash           varchar,            -- hash of everything that decides the answer: the exact-cache key
    output_hash           varchar,            -- hash of the answer
    prefix                struct(hash varchar, tokens bigint)[],
                                              -- cumulative hashes of the prompt's blocks and the tokens up to and
                                              -- including each, longest prefix last: what a prompt cache sees
    system_blocks         integer,            -- how many of the first blocks are tools and system prompt
    cache_key             varchar,            -- hash of the key that the request gives the cache, as OpenAI's
                                              -- prompt_cache_key; '': no key; null: the log does not say
    cache_retention       varchar,            -- for how long entries were asked to be kept, as logged: in_memory, 24h ...;
                                              -- ephemeral: the request marks what is cached, set by a what-if too
    organisation          varchar,            -- hash of the provider's account that the caches belong to,
                                              -- or of the provider that served a gateway's request

    complexity            double,             -- 0 (simple) to 1 (complex); null where the prompt is unknown

    -- money that is not tokens times price
    cost_logged_usd       double,             -- what the log itself says the request cost
    cost_override_usd     double,             -- set by a what-if that pays by another measure than tokens
    priced_on             date                -- set by a what-if that uses the prices of another day; null: of its own
);
