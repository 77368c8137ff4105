"""Backtests: the replays predict what the log recorded, from what would be known had the log not recorded it."""
