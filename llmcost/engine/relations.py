"""What the queries of each folder read: the relations that are made for them, and tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from llmcost.engine import registry
from llmcost.engine.compose import Relation


@dataclass(frozen=True)
class Input:
    """The input of every query of a folder."""

    relations: tuple[str, ...]  # made for it by llmcost
    tables: tuple[str, ...] = ()  # that are there already, or made for those that ask for them


INPUTS: Mapping[registry.Kind, Input] = {
    "formats": Input(("lines",)),
    "requests": Input(("requests",), ("logged",)),
    "pricing": Input(("requests",), ("prices",)),
    "what_ifs": Input(("requests",), ("replayed", "prices", "token_counts", "outcomes", "judged_complexity")),
    "billing": Input(("decided",), ("token_counts", "prices")),
    "spend": Input(("priced",), ("prices", "ruled", "levels", "moves")),
    "page": Input(("priced",), ("ranking", "fine")),
    "explain": Input(
        ("requests", "priced"),
        (
            "prices",
            "moved",
            "chosen",
            "lasting_features",
            "lasting_prompts",
            "cells",
            "played",
            "dated",
            "slices",
            "spent",
            "periods",
            "candidates",
            "pairs",
            "sides",
            "repriced_cells",
        ),
    ),
    "audit": Input(("priced",), ("prices", "unusual_days")),
    "changes": Input(("before", "after"), ("outcomes", "texts")),
    "savings": Input(("before", "after")),
    "quality": Input(("asked", "chosen"), ("outcomes", "judged_complexity")),
    "backtests": Input(("logged", "found", "missed", "waited", "low", "high")),
    "ledger": Input((), ("ledger", "rejects", "skipped", "sources")),
    "zones": Input(()),
    "views": Input(("priced",)),
}
"""By folder. A test holds every query to it; the other folders hold steps of one process, which read each other."""


def priced(*relations: Relation) -> list[Relation]:
    """The relations, the last of which is `requests`, and after them `priced`."""
    return [*relations, ("priced", registry.find("pricing", "priced").body)]
