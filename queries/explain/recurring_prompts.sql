-- recurring-prompts: the prompts that were used on more than one day
--
-- question: Which prompts may be in two periods?

select prompt_id
from requests
where prompt_id is not null and ts is not null
group by prompt_id
having min(local_time(ts)::date) < max(local_time(ts)::date)
