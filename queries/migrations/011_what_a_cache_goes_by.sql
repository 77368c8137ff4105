-- What decides a cache's key in addition to the prompt: the key, the retention and the account that a request names. Logs
-- were not read for them before.
-- tables: 140a17dc69f8d263

select 1;
