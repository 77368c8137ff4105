-- The priced requests, under the name by which replays read them.
-- inlined: its rows are wide

select * from priced
