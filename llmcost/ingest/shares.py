"""Logs shared out among the tasks of a cluster: each reads its share into a store of its own, and these are merged.

A share is whole files, since a log's lines may mean what those before them decide. What the tasks' stores hold together
does not depend on how the files were shared out: copies of a call, records of a trace and prompts without a name find
each other when the stores are merged, as they do between those of several machines.
"""

import heapq
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from llmcost import __version__, config
from llmcost.attribution import apply
from llmcost.attribution.texts import NO_TEXTS, Texts
from llmcost.engine import access
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store, in_memory
from llmcost.errors import LlmcostError, UsageError
from llmcost.ingest import addresses, formats, merge, run, sources
from llmcost.ingest.run import COUNTS, Account
from llmcost.metrics import counts
from llmcost.prices import book

SHARE_BYTES = 64 << 20
"""About what a task reads; a file is never divided."""
_UNPACKS_TO = 8
"""How many bytes of text a byte of a compressed log is, about."""


@dataclass(frozen=True)
class Piece:
    """One file of a share."""

    path: str  # without links; or its address
    named: bool
    bytes: int


@dataclass(frozen=True)
class Asked:
    """What all tasks of a run are asked alike."""

    form: str = "auto"
    assumed: dict[str, str] = field(default_factory=dict)
    texts: Texts = NO_TEXTS
    trust_size: bool = False
    settings: str = ""  # the llmcost.toml of whoever asks
    version: str = __version__


def check(asked: Asked) -> None:
    """Raises LlmcostError for a format, an assumption or settings that tasks could not work with."""
    if asked.form != "auto":
        formats.find(asked.form)
    run.bound(asked.assumed)
    formats.known()
    with in_memory() as opened:
        book.refresh(opened)
        apply.refresh(opened)


def find(paths: Sequence[str]) -> tuple[list[Piece], dict[str, str]]:
    """The files under these paths and addresses, each once, and which of them are skipped and why.

    Raises LlmcostError for what cannot be found, UsageError for what a task cannot read.
    """
    pieces: dict[str, Piece] = {}
    skipped: dict[str, str] = {}
    for path in paths:
        if path == "-":
            raise UsageError("tasks of a cluster read no standard input", hint="name files or folders")
        if addresses.is_one(path):
            found = addresses.find(path)
            some = [Piece(address, address == path, size) for address, size in found]
        else:
            here = sources.find([os.path.abspath(path)], pipes=False)  # noqa: PTH100 - links stay
            skipped |= here.skipped
            some = [Piece(one.path, one.named, _size(one.path)) for one in here.files]
        for piece in some:
            pieces.setdefault(piece.path if addresses.is_one(piece.path) else os.path.realpath(piece.path), piece)
    return list(pieces.values()), skipped


def shared_out(pieces: Iterable[Piece], most_bytes: int = SHARE_BYTES) -> list[list[Piece]]:
    """Shares of about as many bytes each, as few as hold no more than `most_bytes`, unless one file does."""
    weighed = sorted(((_weight(piece), piece) for piece in pieces), key=lambda it: (-it[0], it[1].path))
    number = min(len(weighed), -(-sum(weight for weight, _ in weighed) // most_bytes))
    shares: list[list[Piece]] = [[] for _ in range(max(number, 1))]
    lightest = [(0, place) for place in range(len(shares))]
    for weight, piece in weighed:
        total, place = heapq.heappop(lightest)
        shares[place].append(piece)
        heapq.heappush(lightest, (total + weight, place))
    return shares


def read(share: Sequence[Piece], asked: Asked, into: Path, threads: int = 1) -> Account:
    """Reads a share into a new store: what a task does. Files that are elsewhere are copied next to the store first.

    Raises LlmcostError as an ingest does, and where the task's llmcost is not that of whoever asks.
    """
    if asked.version != __version__:
        raise LlmcostError(
            f"the tasks run llmcost {__version__}, and this is {asked.version}",
            hint="install the same version on every worker",
        )
    account = Account()
    reading = run.Reading(pipes=False, trust_size=asked.trust_size)
    with _settings(asked.settings), access.writing(into) as opened:
        opened.execute(f"set threads = {threads:d}")  # the other cores have tasks of their own
        found = sources.Found([], {})
        for number, piece in enumerate(share):
            found.files += _read_from(piece, into.with_name(f"{into.name}.{number}"), found.skipped)
        try:
            account = run.ingest(opened, [], asked.form, None, asked.assumed, asked.texts, reading, found)
        except run.NoLogError as error:
            account = error.account
    return account


def unite(store: Store, parts: Iterable[Path], accounts: Sequence[Account], skipped: dict[str, str]) -> Account:
    """Merges the stores that tasks have read their shares into. Gives the account of the whole run.

    Raises LlmcostError where its lines are not those that the tasks have read.
    """
    merge.add_parts(store, parts)
    whole = Account(files=sum(one.files for one in accounts), skipped=dict(skipped))
    for one in accounts:
        whole.skipped |= one.skipped
        whole.uncounted += one.uncounted
    whole.empty_fields = _empty(accounts)
    for row in store.rows(f"select format, {', '.join(f'sum({it})::bigint as {it}' for it in COUNTS)}"
                          " from ledger group by format order by format"):  # fmt: skip
        whole.add(row)
    read_lines = sum(one.total("lines") for one in accounts)
    if whole.total("lines") != read_lines:
        raise LlmcostError(
            f"the tasks have read {read_lines:,} lines, and {whole.total('lines'):,} are accounted for",
            hint="nothing was written; this is a mistake of llmcost's own: please report it",
        )
    run.note_skipped(store, [], whole)
    [added] = store.rows(
        compose(
            priced(("requests", "from requests")),
            "select coalesce(sum(calls), 0)::bigint as calls, exact_sum(cost_usd) as cost_usd,"
            " unpriced_calls(priced) as unpriced_requests from priced",
        )
    )
    whole.calls, whole.cost_usd, whole.unpriced_requests = added.values()
    whole.assumed = counts.assumed(store, -1)
    return whole


def _empty(accounts: Iterable[Account]) -> dict[str, list[str]]:
    """By mapped format: the fields that no line of any share had."""
    empty: dict[str, list[str]] = {}
    for account in accounts:
        for name in account.formats:
            here = account.empty_fields.get(name, [])
            empty[name] = [one for one in empty.get(name, here) if one in here]
    return {name: names for name, names in empty.items() if names}


def _read_from(piece: Piece, copy: Path, skipped: dict[str, str]) -> Iterator[sources.File]:
    """The file to be read for a piece; none where it cannot be fetched."""
    if not addresses.is_one(piece.path):
        yield sources.File(piece.path, piece.named)
        return
    shown = addresses.shown(piece.path)
    try:
        addresses.copied(piece.path, copy)
    except OSError as error:
        if piece.named:
            raise LlmcostError(f"{shown} cannot be read: {error.strerror}", hint="check the address") from None
        skipped[shown] = str(error.strerror)
        return
    yield sources.File(shown, piece.named, copy=str(copy))


@contextmanager
def _settings(text: str) -> Iterator[None]:
    """While the block runs, `llmcost.toml` says this, whatever lies where the task runs."""
    with tempfile.TemporaryDirectory(prefix="llmcost-") as folder:
        file = Path(folder) / config.NAME
        file.write_text(text, "utf-8")
        usual = os.environ.get(config.VARIABLE)
        os.environ[config.VARIABLE] = str(file)
        try:
            yield
        finally:
            del os.environ[config.VARIABLE]
            if usual is not None:
                os.environ[config.VARIABLE] = usual


def _weight(piece: Piece) -> int:
    is_compressed = piece.path.partition("?")[0].endswith((".gz", ".zst"))
    return max(1, piece.bytes * (_UNPACKS_TO if is_compressed else 1))


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0
