-- lasting-features: the features that were used in both periods
--
-- question: Which features can be compared with themselves?

select by_feature
from priced
group by by_feature
having bool_or(in_later) and bool_or(not in_later)
