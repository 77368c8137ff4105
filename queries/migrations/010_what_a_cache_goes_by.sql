-- What decides a cache's key besides the prompt: the key, the retention and the account that a request names. No log told
-- of them before.
-- tables: edf2579a0cb2ba4c

select 1;
