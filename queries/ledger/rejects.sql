-- rejects: lines and files that could not be read
--
-- question: Which lines could not be read as a call, which files were skipped, and why?

select
    rejects.reason,
    rejects.format,
    coalesce(sources.machine || ':', '') || sources.path as file,
    rejects.line_no as line,
    rejects.excerpt
from rejects
left join sources using (source_id)
union all by name
select reason, path as file from skipped
order by reason, file, line
