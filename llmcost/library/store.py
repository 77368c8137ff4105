"""`llmcost.open`: a store from Python."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from llmcost import session
from llmcost.engine import store as engine
from llmcost.errors import LlmcostError, UsageError
from llmcost.reports.filters import Filters
from llmcost.reports.scope import scope

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from llmcost.ingest.run import Account
    from llmcost.library.result import Result
    from llmcost.what_ifs.engine.step import WhatIf

Names = str | Sequence[str]
"""One name or several; `*` in a name stands for any characters."""


def open_store(
    path: str | PathLike[str] | None = None, *, read_only: bool = True, timezone: str | None = None
) -> "Store":
    """Opens a store, to be asked what the commands are asked. Also a context manager.

    Args:
        path: the file; by default $LLMCOST_DB, else `llmcost.duckdb` in this folder.
        read_only: whether `ingest` is refused. As with every command that reads, prices and features are brought up to
            date where the file may be written to.
        timezone: the zone of days, weeks, months and hours, such as Europe/Berlin; by default `timezone` in
            `llmcost.toml`, else UTC.

    Raises:
        LlmcostError: there is no store there, or the file is not one. To write, it may be missing.
    """
    made = Store(engine.locate(Path(path) if path is not None else None), read_only=read_only, timezone=timezone)
    if read_only or made.path.exists():
        with made._reading():
            pass
    return made


@dataclass(frozen=True)
class Store:
    """A store of requests; `llmcost.open` gives one.

    Between two calls nothing is held open, so that an ingest elsewhere is not locked out. Every method raises
    LlmcostError for what cannot be done, and its subclass UsageError for names and settings that there are not; both
    have a `hint`.

    Most methods take what the options of the commands say: `since` and `until` are a day, a month, a time, or `7d`
    before the newest request, and names narrow down the requests, one or several of `feature`, `model`, `provider`,
    `prompt`, `user`, `session`, `project`, and `tag` as NAME=VALUE.
    """

    path: Path
    read_only: bool = True
    timezone: str | None = None

    @overload
    def requests(
        self, since: str | None = None, until: str | None = None, *, arrow: Literal[False] = False, **names: Names
    ) -> "pd.DataFrame": ...
    @overload
    def requests(
        self, since: str | None = None, until: str | None = None, *, arrow: Literal[True], **names: Names
    ) -> "pa.Table": ...
    def requests(
        self, since: str | None = None, until: str | None = None, *, arrow: bool = False, **names: Names
    ) -> "pd.DataFrame | pa.Table":
        """One row per request with its dollars: the columns of the view `priced`, in docs/sql.md, by time.

        As an Arrow table with `arrow`. Costs are in US dollars, null where there is no price; times in UTC.
        """
        from llmcost.engine import registry
        from llmcost.engine.compose import compose
        from llmcost.engine.relations import priced

        with self._reading() as opened:
            covered = scope(opened, since, until, filters=_filters(names))
            made = ("made", registry.find("views", "priced").body)
            sql = compose([*priced(*covered.steps()), made], "from made order by ts, request_id")
            return _table(opened.arrow(sql, covered.parameters()), arrow=arrow)

    def report(
        self,
        by: Names = (),
        since: str | None = None,
        until: str | None = None,
        *,
        logged: bool = False,
        tags: bool = False,
        top: int | None = None,
        sort: str | None = None,
        scenario: str | None = None,
        **names: Names,
    ) -> "Result":
        """Where the money went, as `llmcost report`: a row for each value of `by`, else the overview's.

        Args:
            by: keys such as feature, model, day, `tag:NAME`; the table has a column for each.
            logged: compares the log's own costs with the price table's, by model.
            tags: lists the tags, each with the spend of the requests that have it.
            top: this many rows, the rest as one.
            sort: the column to sort by; cost_usd unless said otherwise.
            scenario: the name of one saved with `llmcost simulate --save`.
        """
        from llmcost.library.ask import spend as ask

        by = _words(by)
        if sum(map(bool, (by, logged, tags))) > 1:
            raise UsageError("by, logged and tags exclude one another", hint="keep one of them")
        if not by and (top is not None or sort is not None):
            raise UsageError("top and sort need by", hint='for example by="model"')
        return self._asked(
            lambda opened: ask.report(
                opened, by, since, until, _filters(names), logged=logged, tags=tags, top=top, sort=sort,
                scenario=scenario,
            )
        )  # fmt: skip

    def explain(
        self,
        from_period: str | None = None,
        to_period: str | None = None,
        by: Names = (),
        *,
        top: int = 10,
        per_day: bool = False,
        **names: Names,
    ) -> "Result":
        """Why the bill changed between two periods, as `llmcost explain`: the change, then each contributor's.

        Args:
            from_period, to_period: a month (2026-10), a week (2026-W40), a day, a range (2026-10-01..2026-10-15) or
                7d; by default the last whole month of the log and the one before it.
            by: the keys of contributors.
            top: contributors of each key.
            per_day: compares a day of each period, for periods of different length.
        """
        from llmcost.library.ask import explain as ask

        return self._asked(
            lambda opened: ask.explain(
                opened, from_period, to_period, _words(by), top, _filters(names), per_day=per_day
            )
        )

    def simulate(
        self,
        what_ifs: Names,
        since: str | None = None,
        until: str | None = None,
        by: Names = (),
        *,
        allow_changed_answers: bool = False,
        details: bool = False,
        **names: Names,
    ) -> "Result":
        """What the traffic would have cost under a stack of what-ifs, as `llmcost simulate --what-if`.

        The table has a row for each step, `saved_usd` after the steps before it, or for each value of `by`; for `all` a
        row for each technique alone.

        Args:
            what_ifs: steps in order, such as `["prompt-caching:ttl=1h", "batch-api"]`; `all` for every technique alone
                and the best stack.
            allow_changed_answers: for `all`, whether techniques that change answers are stacked too.
            details: finds each prompt's cheapest cache and the backtest too, which takes longer; `.document()` has
                them.
        """
        from llmcost.library.ask import simulate as ask
        from llmcost.what_ifs.engine.step import parse
        from llmcost.what_ifs.search import run_all

        steps = _listed(what_ifs)
        if not steps:
            raise UsageError("no what-if given", hint='for example ["prompt-caching:ttl=1h"]')
        if run_all.WORD in steps:
            asked = run_all.asked(steps, changed_answers=allow_changed_answers)
            return self._replayed(
                asked.steps,
                lambda opened: ask.every(
                    opened, asked, scope(opened, since, until, filters=_filters(names)), _words(by), whole=details
                ),
            )
        if allow_changed_answers:
            raise UsageError("allow_changed_answers is for all", hint="a stack may hold any what-if: leave it out")
        stack = [parse(step) for step in steps]
        return self._replayed(
            stack,
            lambda opened: ask.simulate(
                opened, stack, scope(opened, since, until, filters=_filters(names)), _words(by), whole=details
            ),
        )

    def optimize(
        self,
        what_ifs: Names = (),
        since: str | None = None,
        until: str | None = None,
        *,
        limits: Names = (),
        stacks: int | None = None,
        allow_changed_answers: bool = False,
        details: bool = False,
        **names: Names,
    ) -> "Result":
        """The cheapest stack under limits, as `llmcost simulate --optimize`: a row for each stack of the frontier.

        Args:
            what_ifs: the techniques to search; by default all that leave answers as they are.
            limits: such as `["truncated=1%", "added-latency-ms=500", "quality=0.95"]`.
            stacks: tries at most this many.
            allow_changed_answers: whether techniques that change answers are searched too.
            details: as for `simulate`.
        """
        from llmcost.library.ask import simulate as ask
        from llmcost.what_ifs.search import optimize

        space = optimize.space(_listed(what_ifs), changed_answers=allow_changed_answers)
        bounds = optimize.limits(_listed(limits))
        return self._asked(
            lambda opened: ask.optimize(
                opened, space, scope(opened, since, until, filters=_filters(names)), bounds, most=stacks, whole=details
            )
        )

    def export(
        self,
        to: str | PathLike[str],
        format: str = "parquet",
        since: str | None = None,
        until: str | None = None,
        **names: Names,
    ) -> "Result":
        """Writes priced requests as files, a folder for each day, as `llmcost export`: a row for each file.

        Args:
            to: a folder that is new or empty, or any address of `pyarrow.fs`, such as s3://bucket/path.
            format: parquet, csv, or focus for FOCUS 1.2 as CSV.
        """
        from llmcost.library.ask import export as ask

        return self._asked(lambda opened: ask.export(opened, str(to), format, since, until, _filters(names)))

    def verify(self, scenario: str, since: str, until: str | None = None) -> "Result":
        """What a saved scenario promised, against the log since it was applied, as `llmcost verify`.

        A row for each amount from the bill before to the bill since; `.document()` has all figures.
        """
        from llmcost.library.ask import verify as ask

        return self._asked(lambda opened: ask.verify(opened, scenario, since, until))

    def audit(self, since: str | None = None, until: str | None = None, **names: Names) -> "Result":
        """What is wrong or suspicious, as `llmcost audit`: a row for each subject of a finding.

        `cost_usd` is what the finding could at most save, or misstates; findings overlap, so do not add it up.
        """
        from llmcost.library.ask import audit as ask

        return self._asked(lambda opened: ask.audit(opened, since, until, _filters(names)))

    def backtest(self) -> "Result":
        """How well the replays predict what the log recorded, as `llmcost backtest`: a row a replay and model."""
        from llmcost.library.ask import backtest as ask

        return self._asked(ask.backtest)

    @overload
    def sql(
        self, query: str, parameters: dict[str, Any] | None = None, *, arrow: Literal[False] = False
    ) -> "pd.DataFrame": ...
    @overload
    def sql(self, query: str, parameters: dict[str, Any] | None = None, *, arrow: Literal[True]) -> "pa.Table": ...
    def sql(
        self, query: str, parameters: dict[str, Any] | None = None, *, arrow: bool = False
    ) -> "pd.DataFrame | pa.Table":
        """What a SELECT gives over `priced`, `daily_spend` and the store's tables, which it cannot change.

        As an Arrow table with `arrow`. `parameters` are the values of `$name` in the query. Raises UsageError for a
        query that the engine does not understand.
        """
        with self._reading() as opened:
            try:
                found = opened.arrow(query, parameters)
            except LlmcostError:
                raise
            except Exception as error:
                line = str(error).strip().partition("\n")[0]
                raise UsageError(f"the query cannot be run: {line}", hint="docs/sql.md lists the columns") from error
        return _table(found, arrow=arrow)

    def ingest(
        self,
        paths: str | PathLike[str] | Iterable[str | PathLike[str]],
        *,
        format: str = "auto",
        assume: dict[str, str] | None = None,
        keep_text: bool = False,
    ) -> "Account":
        """Reads logs into the store, as `llmcost ingest`: files, folders and globs. Reading a log again adds nothing.

        Returns the account of every line: `.total("lines")` is the sum of the totals of requests, duplicates, no_call
        and rejects; `.skipped` names the files that were not read, with the reason.

        Args:
            format: the name of the logs' format; auto recognises it by content.
            assume: values that a trace lacks, such as `{"assume_model": "claude-haiku-4-5"}`.
            keep_text: stores the texts too, with secrets redacted.
        """
        from llmcost.attribution.texts import Texts
        from llmcost.ingest import follow
        from llmcost.ingest.run import Reading

        if self.read_only:
            raise LlmcostError(f"{self.path} was opened read-only", hint="llmcost.open(…, read_only=False)")
        named = [paths] if isinstance(paths, str | PathLike) else list(paths)
        texts = Texts(keep_text, False)
        words = [str(path) for path in named]
        return follow.read(self.path, words, format, None, dict(assume or {}), texts, reading=Reading(pipes=False))

    def in_zone(self, timezone: str) -> "Store":
        """The same store with days, weeks, months and hours of another zone."""
        return replace(self, timezone=timezone)

    def _asked(self, ask: "Callable[[engine.Store], Any]") -> "Result":
        from llmcost.library.result import Result

        with self._reading() as opened:
            return Result(ask(opened))

    def _replayed(self, steps: "Sequence[WhatIf]", ask: "Callable[[engine.Store], Any]") -> "Result":
        from llmcost.library.ask.simulate import keep_vectors

        found = self._asked(ask)
        if not self.read_only:
            keep_vectors(self.path, steps)
        return found

    @contextmanager
    def _reading(self) -> Iterator[engine.Store]:
        with session.reading(self.path, self.timezone) as opened:
            yield opened

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open between two calls."""


_KINDS = {name.removesuffix("s"): name for name in Filters.__dataclass_fields__}


def _filters(names: dict[str, Names]) -> Filters:
    if unknown := names.keys() - _KINDS.keys():
        raise TypeError(f"{min(unknown)} is not an argument; names are {', '.join(_KINDS)}")
    return Filters(**{_KINDS[kind]: _listed(words) for kind, words in names.items()})


def _words(given: Names) -> tuple[str, ...]:
    """The words, each once; commas separate words too."""
    return tuple(dict.fromkeys(word.strip() for part in _listed(given) for word in part.split(",") if word.strip()))


def _listed(given: Names) -> tuple[str, ...]:
    """What was given, as it was written."""
    return (given,) if isinstance(given, str) else tuple(given)


def _table(found: "pa.Table", *, arrow: bool) -> "pd.DataFrame | pa.Table":
    from llmcost.library import tables

    return found if arrow else tables.frame(found)
