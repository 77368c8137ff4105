-- A name in a log means a model on some days only. Until the prices are looked up again, it does on all days.

alter table models add column if not exists valid_from date default date '0001-01-01';
alter table models add column if not exists valid_to date;
