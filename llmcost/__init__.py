"""llmcost: where the LLM money goes, and what would cut it."""

__version__ = "0.1.0"
