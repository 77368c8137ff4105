-- recurring-prompts: the prompts that were used in more than one slice
--
-- question: Which prompts may be in two periods?

select prompt_id
from priced
where prompt_id is not null
group by prompt_id
having min(day_number) < max(day_number)
