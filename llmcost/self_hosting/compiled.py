"""Compilation of the replay's inner loop.

A server that answers a million requests runs tens of millions of iterations, one
after the other: no column operation takes that loop's place. numba compiles it
on first use (about five seconds) and keeps the result on disk.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from llmcost.errors import LlmcostError

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code, cached on disk where a place for that can be written.

    Raises LlmcostError when numba is not installed.
    """
    try:
        from numba import njit
    except ImportError:
        raise LlmcostError(
            "replaying a GPU server needs numba", hint="pip install 'llmcost-cli[self-hosting]'"
        ) from None
    try:
        return cast(Function, njit(cache=True)(function))
    except RuntimeError:  # no folder for the cache can be written
        return cast(Function, njit(function))
