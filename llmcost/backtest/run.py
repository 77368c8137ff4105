"""Which backtests there are, and those that fit a log or a projection.

Each module of `replays` predicts one thing: `ABOUT` says in words what, `WHAT_IF` whose replay predicts it (None: the
pricing under all of them), `LACKS` what is missing in a log that holds no truth. `backtest(run, relation)` gives
predicted, low, high and actual US dollars and the error, in all and by model, or None where there is none. What is not
in dollars has None for them: `*_blocks` are counts of cache blocks, `*_share` shares of hits. `level` is the nominal
level of the range, where it has one.
"""

from collections.abc import Collection, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from llmcost.backtest import replays, trust
from llmcost.backtest.truth import Row, Run
from llmcost.engine.store import Store
from llmcost.what_ifs.projection import Projection


def names() -> list[str]:
    """Every backtest there is, by name."""
    return sorted(module.name.replace("_", "-") for module in iter_modules(replays.__path__))


def about(name: str) -> str:
    """What the replay predicts, in words."""
    return str(_module(name).ABOUT)


def lacking(found: Mapping[str, Row]) -> dict[str, str]:
    """What the log lacks for each replay without a result in `found`."""
    return {name: str(_module(name).LACKS) for name in names() if name not in found}


def backtested(run: Run, relation: str, what_ifs: Collection[str] | None = None) -> dict[str, Row] | None:
    """How the replays of these what-ifs, or all, and the prices would have predicted what the relation's log recorded.

    None where it records nothing.
    """
    modules = {name: _module(name) for name in names()}
    found = {
        name: module.backtest(run, relation)
        for name, module in modules.items()
        if what_ifs is None or module.WHAT_IF is None or module.WHAT_IF in what_ifs
    }
    return {name: trust.judged(result) for name, result in found.items() if result} or None


def check(store: Store, projection: Projection) -> None:
    """Adds to a projection how its replays would have predicted what the covered traffic's log recorded.

    The store is the one that made the projection, still open.
    """
    what_ifs = {stage.what_if.query.name for stage in projection.stages}
    projection.backtest = backtested(store.arrow, projection.traffic, what_ifs)


def _module(name: str) -> Any:
    return import_module(f"llmcost.backtest.replays.{name.replace('-', '_')}")
