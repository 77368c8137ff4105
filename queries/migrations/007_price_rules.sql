-- Prices by region, weekday, modality and tool: looked up again. New columns of `requests` are null, which says that the
-- log was not asked; reading it again fills them.
-- tables: 43f1de5d519108e2

delete from prices;
