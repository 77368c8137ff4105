-- Vectors of kept texts are new: a table without rows, which the next replay with a slow encoder fills.
-- tables: 5740b364925070b1

select 1;
