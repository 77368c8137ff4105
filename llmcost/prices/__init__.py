"""Prices: those of the package genai-prices and of `llmcost.toml`, expanded into a table and kept in the store."""
