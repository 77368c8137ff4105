"""Backtests: a replay predicts what the log recorded, from what would be known had the log not recorded it."""
