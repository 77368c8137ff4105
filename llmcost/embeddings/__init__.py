"""Prompts as vectors and as traits, without a network: what semantic caching compares."""
