-- A request says whether its line was copied from another session's history, and which request of another session it
-- continues. Of requests from before, neither is known: their sessions are taken to begin with them, as before.
-- tables: 795a1d22779b06d3

alter table requests add column copied boolean default false;
