-- The new lines that were rejected, each with its reason and a short redacted excerpt.

select source_id, line_no, format, reason, without_sentences(redacted(raw[:300])) as excerpt
from (
    select source_id, line_no, format, reason, raw
    from staged
    where claimed and carries_call and reason is not null and not is_repeat
    union all
    select source_id, line_no, format, reason, raw from leftover where reason is not null
) as refused
