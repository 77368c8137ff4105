"""What a command shows of a result: one JSON object, tables for a terminal, a page."""
