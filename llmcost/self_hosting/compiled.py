"""Compilation of the replay's inner loop.

A server that answers a million requests runs tens of millions of iterations, one
after the other: no column operation replaces that loop. numba compiles it
on first use (about five seconds) and keeps the result on disk. Without numba the
same functions run as they are, over plain objects in place of NumPy's records,
a hundred times slower and more, to the same numbers.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

WITHOUT_NUMBA = "replayed without numba, which is slow: pip install 'llmcost-cli[self-hosting]'"

try:
    from numba import njit
except ImportError:
    njit = None  # type: ignore[assignment]

AVAILABLE = njit is not None


def compiled(function: Function) -> Function:
    """The function as machine code, cached on disk where a place for that can be written; itself without numba."""
    if not AVAILABLE:
        return function
    try:
        return cast(Function, njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no folder for the cache can be written
        return cast(Function, njit(nogil=True)(function))


def call(function: Callable[..., None], *rows: NDArray[Any], single: NDArray[Any]) -> None:
    """Calls a compiled function with arrays of records, which it may change, and with a single record."""
    if AVAILABLE:
        function(*rows, single[0])
        return
    plain = [_Rows(_plain(row) for row in records) for records in rows]
    function(*plain, _plain(single[0]))
    for records, found in zip(rows, plain, strict=True):
        for name in records.dtype.names or ():
            records[name] = [getattr(value, name) for value in found]


class _Rows(list[SimpleNamespace]):
    """Records as objects, with the one property of an array that the loop asks for."""

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self)


def _plain(record: Any) -> SimpleNamespace:
    return SimpleNamespace(**{name: record[name].item() for name in record.dtype.names})
