"""The formats there are: the files under `queries/formats`, and the user's own in `llmcost.toml`."""

import hashlib
import json

from llmcost import config
from llmcost.engine import registry
from llmcost.engine.registry import Query
from llmcost.errors import LlmcostError
from llmcost.ingest import mappings


def is_stateful(name: str) -> bool:
    """Whether lines of the format mean what the lines before them in their file decide, so that it is read whole."""
    return "stateful" in find(name).fields


def known() -> dict[str, Query]:
    """Every format by name. Raises LlmcostError for a mapping in `llmcost.toml` that cannot be."""
    return registry.load("formats") | own()


def own() -> dict[str, Query]:
    """The formats that `llmcost.toml` maps, by name. Raises LlmcostError for a mapping that cannot be."""
    shipped = registry.load("formats")
    given = config.table("formats")
    for name in given:
        if name in shipped:
            raise LlmcostError(f"{config.path()}: formats.{name} is a format of llmcost", hint="give it another name")
    return {name: mappings.mapped(name, fields) for name, fields in given.items()}


def find(name: str) -> Query:
    """A format by name. Raises UsageError naming the nearest when there is none."""
    mapped = own()
    return mapped[name] if name in mapped else registry.find("formats", name)


def hashes() -> dict[str, str]:
    """A hash of each mapping in `llmcost.toml`, by name: what tells that one has changed."""
    return {name: _hash([name, fields]) for name, fields in config.table("formats").items()}


def _hash(value: object) -> str:
    return hashlib.md5(json.dumps(value, sort_keys=True, default=str).encode(), usedforsecurity=False).hexdigest()[:16]
