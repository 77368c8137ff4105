"""What a process owes its surroundings: how it ends on SIGINT and SIGTERM, and standard streams that can be used."""

import codecs
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import ExtensionFileLoader
from types import FrameType
from typing import NoReturn

_LINES = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
_noted: list[int] = []
"""The signals that came: a library in the way may turn the exception into its own."""
_LOADING = (ExtensionFileLoader.create_module.__code__, ExtensionFileLoader.exec_module.__code__)
_SOON_S = 0.02


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """While the block runs, SIGINT and SIGTERM end it, with one line on stderr and the status 130 or 143."""
    for number in _LINES:
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL, _interrupt):
            with suppress(ValueError):  # not in the main thread, where signals are another's
                signal.signal(number, _interrupt)
    try:
        yield
    except BaseException as error:
        if not _noted and not isinstance(error, KeyboardInterrupt):
            raise
        _end(_noted[0] if _noted else signal.SIGINT)
    if _noted:  # a library has swallowed the exception
        _end(_noted[0])


def _end(number: int) -> NoReturn:
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{_LINES[signal.Signals(number)]}\n")
    _noted.clear()
    exec("")  # Python remembers an interrupted exec, and would end on SIGINT itself instead of with our status
    sys.exit(128 + number)


def ignore_signals() -> None:
    """What is done is done: from here on no signal shows a traceback of the interpreter's own end."""
    for number in _LINES:
        with suppress(ValueError):
            signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _is_loading(frame) and hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda _, later: _interrupt(number, later))
        signal.setitimer(signal.ITIMER_REAL, _SOON_S)
        return
    _noted.append(number)
    signal.signal(number, signal.SIG_DFL)  # a second one does not wait
    raise KeyboardInterrupt


def _is_loading(frame: FrameType | None) -> bool:
    """Whether a compiled module is being loaded: some abort the process where what they call raises an exception."""
    while frame:
        if frame.f_code in _LOADING:
            return True
        frame = frame.f_back
    return False


def _readable(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks: a hyphen for a minus sign, else a question mark."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join("-" if it == "−" else "?" for it in error.object[error.start : error.end]), error.end


_READABLE = "llmcost-readable"
codecs.register_error(_READABLE, _readable)


def open_streams() -> None:
    """Gives standard streams that are closed a place, so that no file of ours takes their number.

    Standard input is empty then, standard error goes nowhere, and writing to standard output fails as on a bad file.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # the lowest number that is free is this one
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            is_unicode = (stream.encoding or "").lower().replace("-", "").startswith("utf")
            stream.reconfigure(errors="backslashreplace" if is_unicode else _READABLE)
