"""llmcost: where the LLM money goes, and what would cut it.

    import llmcost
    store = llmcost.open("llmcost.duckdb")
    store.report(by=["feature"]).table

What these names stand for is imported when they are used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcost.errors import LlmcostError, UsageError
    from llmcost.library.result import Result
    from llmcost.library.store import Store
    from llmcost.library.store import open_store as open

__version__ = "0.1.0"
__all__ = ["LlmcostError", "Result", "Store", "UsageError", "__version__", "open"]

_PLACES = {
    "LlmcostError": "llmcost.errors",
    "Result": "llmcost.library.result",
    "Store": "llmcost.library.store",
    "UsageError": "llmcost.errors",
    "open": "llmcost.library.store",
}
_NAMES = {"open": "open_store"}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'llmcost' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), _NAMES.get(name, name))


def __dir__() -> list[str]:
    return sorted(__all__)
