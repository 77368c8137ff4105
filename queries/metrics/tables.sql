-- What the ingest has counted for Prometheus, in the transaction that read the lines: every line is counted exactly once.

create table counters (
    metric varchar not null,            -- as llmcost/metrics/definitions.py names it; a histogram's parts by their suffix
    labels varchar[] not null,          -- the values of its labels, in that order; a bucket's index after them
    total  decimal(38, 15) not null,    -- the sum of the counted requests, minus those that others have replaced
    shown  decimal(38, 15) not null     -- the highest total so far, which is exposed: a counter may not fall
);

create table label_values (             -- the most expensive values of each label, and which have their own series
    label    varchar not null,
    value    varchar not null,
    requests decimal(38, 15) not null,
    cost_usd decimal(38, 15) not null,
    is_shown boolean not null           -- never false again once true
);
