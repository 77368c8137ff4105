-- Stores of schema 1 were written while the tables still grew: some of these columns are there already.
--
-- Measurements of steps that were interrupted are kept; that they were is no longer written down.

alter table sources add column if not exists keeps_text boolean default false;
alter table if exists measurements add column if not exists resent bigint default 0;
alter table if exists measurements drop column if exists interrupted;
