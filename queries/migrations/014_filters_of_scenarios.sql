-- A scenario keeps every filter that it was saved with. Those from before were saved with features and models alone.
-- tables: 43c71d15fab837f4

select 1;
