"""One file a command: its words, then what it does, read top to bottom."""
