"""Who and what a call is for: the labels given to `track`, and those of the code around the call."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Labels:
    """The columns of `requests` that only the application knows; None: not said."""

    feature: str | None = None
    task_type: str | None = None
    prompt_id: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    project: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def over(self, outer: "Labels") -> "Labels":
        """These labels where they are set, else the outer ones. Tags are merged."""
        return Labels(**{**outer.said(), **self.said()}, tags={**outer.tags, **self.tags})

    def said(self) -> dict[str, str]:
        """The labels that are set, except the tags."""
        values = ((name, getattr(self, name)) for name in _NAMES)
        return {name: str(value) for name, value in values if value is not None}


_NAMES = tuple(label.name for label in fields(Labels) if label.name != "tags")
_NOTHING = Labels()
_current: ContextVar[Labels] = ContextVar("llmcost_labels", default=_NOTHING)


def current(defaults: Labels) -> Labels:
    """What the surrounding contexts say, over a client's own labels."""
    here = _current.get()
    return defaults if here is _NOTHING else here.over(defaults)


def context(
    *,
    feature: str | None = None,
    task_type: str | None = None,
    prompt_id: str | None = None,
    user_id: str | None = None,
    session_id: str | None = None,
    project: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> AbstractContextManager[None]:
    """Labels for all tracked calls begun inside the `with`.

    Contexts nest: an inner one adds to an outer one, and wins where both speak. Each
    thread and each asyncio task sees its own. A stream keeps the labels it was begun with.
    """
    return _Context(Labels(feature, task_type, prompt_id, user_id, session_id, project, dict(tags or {})))


class _Context(AbstractContextManager[None]):
    """No generator and no decorator: `@context(...)` on an async function would end before the function runs."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._outer: list[Labels] = []  # a stack: one object may be entered again inside itself

    def __enter__(self) -> None:
        outer = _current.get()
        self._outer.append(outer)
        _current.set(self._labels.over(outer))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not by a token: web frameworks may leave a `with` in another context than the one that entered it,
        # where a token raises.
        _current.set(self._outer.pop())
