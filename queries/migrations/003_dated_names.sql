-- A name in a log stands for a model for some days only. Until the prices are looked up again, for all days.

alter table models add column if not exists valid_from date default date '0001-01-01';
alter table models add column if not exists valid_to date;
