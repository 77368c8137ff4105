"""Metrics for Prometheus: defined once, counted by the ingest in its own transaction, served from what was counted."""
