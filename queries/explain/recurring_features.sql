-- recurring-features: the features that were used in more than one slice
--
-- question: Which features may be in two periods?

select by_feature
from priced
group by by_feature
having min(day_number) < max(day_number)
