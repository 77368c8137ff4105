-- What decides a cache's key besides the prompt: the key, the retention and the account that a request names. No log told
-- of them before.
-- tables: 140a17dc69f8d263

select 1;
