-- What answered a request, and whose copy of it counts, is in columns of `requests`. Until now formats left it in tags.
-- tables: 613a0c486ac44aa5

alter table requests add column thread_id varchar;
alter table requests add column branched boolean default false;
alter table requests add column answered_by varchar default 'model';
alter table requests add column requests_answered bigint default 1;

update requests set branched = tags['sidechain'] is not null, thread_id = tags['agent']
where source_format = 'claude-code';

update requests set branched = true
where source_format = 'codex' and tags['fork'] = 'true';

update requests set answered_by = 'cache', requests_answered = 0
where source_format in ('litellm', 'litellm-spend-logs', 'helicone') and tags['response_cache'] = 'hit';
