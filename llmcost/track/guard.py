"""Nothing that goes wrong in recording reaches the application."""

import functools
import logging
from collections.abc import Callable
from threading import RLock
from typing import ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_logger = logging.getLogger("llmcost.track")
_lock = RLock()  # the garbage collector may record a dropped stream inside it
_failures = 0


def failures() -> int:
    """How often recording has failed in this process: each is a line missing or incomplete."""
    return _failures


def guarded(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result | None]:
    """The function, returning None where it would raise. Interrupts and exits still pass."""

    @functools.wraps(function)
    def safely(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result | None:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            _note(error)
            return None

    return safely


def _note(error: Exception) -> None:
    """Counts a failure; the first is a warning, the others are for those who look.

    Through `logging` rather than `warnings`, which raises where warnings are errors.
    """
    global _failures
    with _lock:
        _failures += 1
        first = _failures == 1
    try:
        if first:
            _logger.warning("a call could not be recorded: %r; further failures are only counted", error)
        else:
            _logger.debug("a call could not be recorded: %r", error)
    except Exception:  # a logging filter of the application
        return
