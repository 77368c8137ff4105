-- A store has an id, and the sources that were merged from other stores name the store that read them. The id of a store
-- without one is made of what it has read, so that two copies of it get the same one.
-- tables: 4c5d3e7296441901

insert into llmcost_meta
select
    'store_id' as key,
    coalesce(
        md5(string_agg(concat_ws(' ', path, bytes, lines, modified_ns, fingerprint), chr(10) order by source_id)),
        uuid()::varchar
    ) as value
from sources;
