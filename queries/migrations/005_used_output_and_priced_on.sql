-- New columns of `requests` that no log filled so far: output_used_tokens and priced_on are null.

alter table requests add column if not exists output_used_tokens bigint;
alter table requests add column if not exists priced_on date;
