-- The price table: the prices of every model the store has met, as expanded by llmcost/prices/ from genai-prices, the
-- facts under queries/facts/prices/ and llmcost.toml. Rows are disjoint: a request matches one, or none.

create table prices (
    provider                    varchar,            -- null: of a model that the log names without one
    model                       varchar not null,
    service_tier                varchar not null,   -- standard | batch | flex | priority | fast | ultrafast | …
    region                      varchar not null,   -- of requests.region; '': of requests without one
    valid_from                  date not null,
    valid_to                    date,               -- the first day no longer; null: still valid
    weekday_from                integer not null,   -- UTC, 1 is Monday
    weekday_to                  integer not null,   -- up to, not including; 8: Sunday's end
    minute_from                 integer not null,   -- of the UTC day, 0 to 1439
    minute_to                   integer not null,   -- up to, not including; 1440: midnight
    prompt_min                  bigint not null,    -- prompt tokens, cached ones included, from here
    prompt_max                  bigint,             -- up to and including; null: no end
    input_usd_mtok              double,             -- US dollars per million tokens
    input_audio_usd_mtok        double,             -- of the parts that are not text; the price of text where there is no other
    input_image_usd_mtok        double,
    input_video_usd_mtok        double,
    cache_read_usd_mtok         double,
    cache_read_audio_usd_mtok   double,
    cache_read_image_usd_mtok   double,
    cache_read_marked_usd_mtok  double,             -- of a request that marks what is cached; the price of other reads where
                                                    -- there is no other
    cache_write_5m_usd_mtok     double,
    cache_write_1h_usd_mtok     double,
    output_usd_mtok             double,
    output_audio_usd_mtok       double,
    output_image_usd_mtok       double,
    output_video_usd_mtok       double,
    reasoning_usd_mtok          double,             -- of the part of the output that is reasoning
    web_search_usd              double,             -- US dollars a search
    request_usd                 double,             -- US dollars a call
    tools_usd                   map(varchar, double),  -- US dollars a use, by the names of requests.tools
    source                      varchar not null    -- where the price comes from: the package, its version, facts, overrides
);
