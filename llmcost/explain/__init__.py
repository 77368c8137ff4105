"""Why the bill changed between two periods: an exact split of the difference, who made it, and when it began."""
