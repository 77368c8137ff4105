-- What the ingest has counted for Prometheus, in the transaction that read the lines: no line is counted twice or never.

create table counters (
    metric varchar not null,            -- as llmcost/metrics/definitions.py names it; a histogram's parts by their suffix
    labels varchar[] not null,          -- the values of its labels, in that order; a bucket's index after them
    total  decimal(38, 15) not null,    -- what the requests counted come to, less those that others have replaced
    shown  decimal(38, 15) not null     -- the most that total has ever been: what is exposed, since no counter may fall
);

create table label_values (             -- the dearest values of each label: which have series of their own
    label    varchar not null,
    value    varchar not null,
    requests decimal(38, 15) not null,
    cost_usd decimal(38, 15) not null,
    is_shown boolean not null           -- once true, true for ever
);
