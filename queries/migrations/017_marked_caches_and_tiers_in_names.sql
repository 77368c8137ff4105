-- Prices have one for reads of a cache that the request marks; prices are looked up again in any case. A model's name may
-- say that a request was part of a batch, as OpenRouter's names do, which was priced as a model of its own.
-- tables: 1ffc7853c61b23bf

update requests set service_tier = 'batch' where service_tier = 'standard' and lower(model_logged) like '%:batch';
