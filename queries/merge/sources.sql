-- What another store has read, and whether this one knows it: by the store that read it from its log, its id there, and
-- its path. A source is_ahead where the other store has read lines of it that this one does not know.

with mentioned as (
    select true as is_other, source_id, lines from other_ledger
    union all by name
    select true as is_other, source_id, path from other_sources
    union all by name
    select true as is_other, source_id, store_id, store_source_id from other_origins
    union all by name
    select false as is_other, source_id, lines from ledger
    union all by name
    select false as is_other, source_id, path from sources
    union all by name
    select false as is_other, source_id, store_id, store_source_id from origins
),

sources_read as (
    select
        is_other,
        source_id,
        coalesce(sum(lines), 0) as lines,
        coalesce(max(store_id), case when is_other then $other_id else $own_id end) as store_id,
        coalesce(max(store_source_id), source_id) as store_source_id,
        max(path) as path
    from mentioned
    group by is_other, source_id
    having sum(lines) > 0 or max(path) is not null
),

known as (
    select * from sources_read where not is_other
)

select
    other.source_id as other_source_id,
    other.store_id,
    other.store_source_id,
    coalesce(
        known.source_id,
        $last_id + row_number() over (partition by known.source_id is null order by other.source_id)
    )::integer as source_id,
    known.source_id is null as is_new,
    known.source_id is null or other.lines > known.lines as is_ahead
from sources_read as other
left join known
    on known.store_id = other.store_id
    and known.store_source_id = other.store_source_id
    and known.path is not distinct from other.path
where other.is_other
