"""Log files to requests: sources, lines, formats, and what becomes of every line."""
