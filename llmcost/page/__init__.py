"""The page: its tables, its document, its charts, and the server that shows it."""
