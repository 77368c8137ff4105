"""A thread next to the application's own: lines are made and written there, so that no answer waits for them."""

import atexit
import os
import queue
import sys
from collections.abc import Callable
from threading import Event, RLock, Thread

Task = Callable[[], object]

_MOST_WAITING = 10_000
"""Tasks that may wait, some megabytes: a disk that hangs must not fill the application's memory."""

_EXIT_PATIENCE_S = 5.0
"""How long the end of the program waits for lines to be written."""


class Worker:
    """One thread that does tasks in the order they came. It starts with the first, and ends with the process."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()  # put() may interrupt itself, as a finaliser does
        self._thread: Thread | None = None
        self._is_over = False
        self._lock = RLock()

    def later(self, task: Task) -> None:
        """Has the task done soon; at once where no thread can be had. Raises RuntimeError where too many wait."""
        if self._is_over or not self._start():
            task()
        elif self._tasks.qsize() < _MOST_WAITING:
            self._tasks.put(task)
        else:
            raise RuntimeError(f"{_MOST_WAITING:,} calls are already waiting to be written")

    def flush(self, timeout_s: float) -> bool:
        """Waits until what was asked for before is done. False: it is not yet."""
        if self._is_over or self._thread is None:
            return True
        done = Event()
        self._tasks.put(done.set)
        return done.wait(timeout_s)

    def finish(self) -> None:
        """Does what waits. What comes later is done at once, for threads stop when the interpreter does."""
        self.flush(_EXIT_PATIENCE_S)
        self._is_over = True

    def _start(self) -> bool:
        """Whether the thread runs, after starting it where it does not."""
        if self._thread:
            return True
        with self._lock:
            if not self._thread:
                self._thread = Thread(target=self._work, name="llmcost.track", daemon=True)
                try:
                    self._thread.start()
                except RuntimeError:  # the interpreter is ending, or has no threads
                    self._is_over = True
                    return False
                _finish_with_multiprocessing()
        return True

    def _work(self) -> None:
        while True:
            self._tasks.get()()


_worker = Worker()


def later(task: Task) -> None:
    """Has a task, which must not raise, done by this process's worker."""
    _worker.later(task)


def flush(timeout_s: float = _EXIT_PATIENCE_S) -> bool:
    """Waits until the lines of all calls that are over are written; False if that takes longer than `timeout_s`.

    The end of the program does this by itself. Call it before `os._exit`, or before a log is read.
    """
    return _worker.flush(timeout_s)


def _finish() -> None:
    _worker.finish()


def _begin_again() -> None:
    """In a process forked off: the thread did not come along, and what waits is the parent's."""
    global _worker
    _worker = Worker()


def _finish_with_multiprocessing() -> None:
    """Processes of the package multiprocessing end without running `atexit`'s functions."""
    if "multiprocessing.util" in sys.modules:
        sys.modules["multiprocessing.util"].Finalize(None, _finish, exitpriority=0)


atexit.register(_finish)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
