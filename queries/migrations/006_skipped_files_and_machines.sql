-- New: the table of skipped files, and columns that distinguish a merged store's files and those of a user's mapping.
-- tables: 526c5c80084b4a87

select 1;
