"""Prometheus rules and a Grafana dashboard for llmcost's metrics, made from their definitions."""
