"""The page: its tables, the HTML that packs them, its charts, and the server that shows it."""
