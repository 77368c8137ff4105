-- rejects: lines that could not be taken
--
-- question: Which lines could not be read as a call, and why?

select rejects.reason, rejects.format, sources.path as file, rejects.line_no as line, rejects.excerpt
from rejects
left join sources using (source_id)
order by rejects.reason, file, line
