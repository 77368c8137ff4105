-- lasting-prompts: the prompts that were used in both periods
--
-- question: Which prompts can be compared with themselves?

select prompt_id
from requests
where prompt_id is not null
group by prompt_id
having bool_or(in_later) and bool_or(not in_later)
