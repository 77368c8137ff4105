"""prompt-caching run over a small log."""

from collections.abc import Sequence
from typing import Any

from llmcost.engine import registry, store
from llmcost.engine.compose import compose
from tests.what_ifs.calls import BUCKETS, Buckets, Call, fill

PROVIDERS = {
    "claude": "anthropic", "anthropic/": "openrouter", "gpt": "openai", "openai.": "aws", "deepseek": "deepseek",
    "kimi": "moonshotai", "grok": "x-ai", "x-ai/": "openrouter", "mistral": "mistral", "openai/": "groq",
    "qwen/": "openrouter", "qwen": "qwen", "minimax": "minimax", "MiniMax": "minimax", "GLM": "zai", "gemini": "google",
    "amazon": "aws",
}  # fmt: skip
"""Whose a model is, by how its name begins."""


def provider(model: str) -> str:
    return next((name for start, name in PROVIDERS.items() if model.startswith(start)), "elsewhere")


def replayed(opened: store.Store, calls: Sequence[Call], **given: Any) -> dict[str, Buckets]:
    """The what-if's buckets of every call, by name and in the order of names."""
    fill(opened, calls)
    return run(opened, **given)


def run(opened: store.Store, **given: Any) -> dict[str, Buckets]:
    """The same for what `requests` holds already."""
    query = registry.find("what_ifs", "prompt-caching")
    values = query.bind({name: "none" if value is None else str(value) for name, value in given.items()})
    body = "select request_id, " + ", ".join(BUCKETS) + " from requests order by request_id"
    rows = opened.rows(compose([("requests", query.body)], body), values)
    return {row["request_id"]: tuple(row[name] for name in BUCKETS) for row in rows}
