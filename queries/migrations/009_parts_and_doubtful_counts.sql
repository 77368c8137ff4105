-- Requests that another request's line tells of name it, and those whose counts the stated total contradicts are marked.
-- Neither was told before: no count is in doubt, and no request is known to be a part.
-- tables: 20904ac2ceee1362

alter table requests add column counts_doubtful boolean default false;
