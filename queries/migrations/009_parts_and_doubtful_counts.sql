-- Requests reported by another request's line name it, and those whose counts the stated total contradicts are marked.
-- Older stores recorded neither: no count is in doubt, and no request is known to be a part.
-- tables: 20904ac2ceee1362

alter table requests add column counts_doubtful boolean default false;
