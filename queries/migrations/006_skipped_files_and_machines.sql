-- New: the table of skipped files, and what tells a merged store's files and those of a user's own mapping apart.
-- tables: 526c5c80084b4a87

select 1;
