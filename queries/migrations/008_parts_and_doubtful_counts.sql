-- Requests that another request's line tells of name it, and those whose counts the stated total contradicts are marked.
-- Neither was told before: no count is in doubt, and no request is known to be a part.
-- tables: b1ca703d7e7e5fbc

alter table requests add column counts_doubtful boolean default false;
