-- What another store has read, and whether this one knows it: by the store that read it from its log, its id there, and
-- its path. A source is_ahead where the other store has read lines of it that this one does not know.

with other_known as (
    select
        read.source_id,
        read.lines,
        coalesce(other_origins.store_id, $other_id) as store_id,
        coalesce(other_origins.store_source_id, read.source_id) as store_source_id,
        other_sources.path
    from (
        select source_id, sum(lines) as lines
        from (select source_id, lines from other_ledger union all select source_id, 0 as lines from other_sources) as lines_read
        group by source_id
    ) as read
    left join other_origins using (source_id)
    left join other_sources using (source_id)
    where read.lines > 0 or other_sources.source_id is not null
),

known as (
    select
        read.source_id,
        read.lines,
        coalesce(origins.store_id, $own_id) as store_id,
        coalesce(origins.store_source_id, read.source_id) as store_source_id,
        sources.path
    from (
        select source_id, sum(lines) as lines
        from (select source_id, lines from ledger union all select source_id, 0 as lines from sources) as lines_read
        group by source_id
    ) as read
    left join origins using (source_id)
    left join sources using (source_id)
    where read.lines > 0 or sources.source_id is not null
)

select
    other_known.source_id as other_source_id,
    other_known.store_id,
    other_known.store_source_id,
    coalesce(
        known.source_id,
        $last_id + row_number() over (partition by known.source_id is null order by other_known.source_id)
    )::integer as source_id,
    known.source_id is null as is_new,
    known.source_id is null or other_known.lines > known.lines as is_ahead
from other_known
left join known
    on known.store_id = other_known.store_id
    and known.store_source_id = other_known.store_source_id
    and known.path is not distinct from other_known.path
