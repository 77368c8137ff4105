"""What a command shows: its result as one JSON object, and as tables for a terminal."""
