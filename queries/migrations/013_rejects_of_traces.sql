-- A rejected record of a trace keeps its id, so that calls below it that are read later make it a repeat. Of rejects from
-- before, the id is not known.
-- tables: 4bd6d70a2c16a949

select 1;
