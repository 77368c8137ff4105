-- Simulations that were kept by name: their steps, and the requests that they cover.

create table scenarios (
    name     varchar primary key,
    words    varchar[] not null,    -- the steps, each as the command line takes it
    since    timestamp,
    until    timestamp,             -- the first moment no longer covered
    features varchar[] not null,    -- empty: all of them
    models   varchar[] not null,
    providers varchar[],            -- these are null in stores from before they were kept
    prompts  varchar[],
    users    varchar[],
    sessions varchar[],
    projects varchar[],
    tags     varchar[]              -- NAME=VALUE
);
