"""One file for each command: its options, then what it does."""
