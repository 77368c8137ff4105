"""The fields of a log that nobody has described: their paths, how many lines have each, and the kind of value it holds.

What a field holds is described by its kind and never quoted: any text of a log may be a prompt.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

MOST_FIELDS = 400
"""A log with more paths than this writes its values as names."""
_DEEPEST = 8
_WORD_CHARACTERS = 64
_MODEL = re.compile(
    r"(?i)(^|[/.:_-])(claude|gpt|chatgpt|o[1345](-|$)|gemini|gemma|llama|mistral|mixtral|ministral|codestral|magistral|qwen"
    r"|deepseek|grok|command-|nova-|titan|phi-|sonar|kimi|glm-|minimax|jamba|text-embedding|embed-|voyage)"
)
_EPOCHS = ((1e8, 1e10, "s"), (1e11, 1e13, "ms"), (1e14, 1e16, "µs"), (1e17, 1e19, "ns"))
_HTTP_CODES = frozenset(
    [*range(200, 209), *range(300, 309), *range(400, 452), *range(500, 512), 520, 521, 522, 524, 529]
)


@dataclass
class Field:
    """One path of a log's lines."""

    path: str  # as a mapping writes it
    names: tuple[str, ...]  # its names from the outside in, without indexes
    lines: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    numbers: list[float] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)  # short words, to see how many different ones there are; never shown

    @property
    def kind(self) -> str:
        """The kind of most of its values."""
        return max(self.kinds, key=lambda it: (self.kinds[it], it))

    @property
    def middle(self) -> float:
        """The median of its numbers; 0 without any."""
        return median(self.numbers) if self.numbers else 0.0

    def add(self, value: Any) -> None:
        """Counts a line's value in."""
        kind = _kind(value)
        self.lines += 1
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if _is_number(value):
            self.numbers.append(float(value))
        if isinstance(value, str | int) and len(str(value)) <= 4 * _WORD_CHARACTERS:
            self.texts.add(str(value))


def found(records: Iterable[dict[str, Any]]) -> list[Field]:
    """The fields of these lines, in the order in which they come; the first MOST_FIELDS of them."""
    fields: dict[str, Field] = {}
    for record in records:
        for path, names, value in _leaves(record, "$", (), 0):
            if path not in fields and len(fields) < MOST_FIELDS:
                fields[path] = Field(path, names)
            if path in fields:
                fields[path].add(value)
    return list(fields.values())


def _leaves(value: Any, path: str, names: tuple[str, ...], depth: int) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Every value in a line that holds no others, and is something; of lists the first element."""
    if depth > _DEEPEST or value is None or value in ("", [], {}):
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            if len(name) <= _WORD_CHARACTERS and name.isprintable() and name:
                yield from _leaves(inner, f"{path}.{_step(name)}", (*names, name), depth + 1)
    elif isinstance(value, list):
        if path == "$":
            return
        if isinstance(value[0], dict | list):
            yield from _leaves(value[0], f"{path}[0]", names, depth + 1)
        else:
            yield path, names, value
    else:
        yield path, names, value


def _step(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, list):
        return "list"
    if _is_number(value):
        number = float(value)
        if number in _HTTP_CODES:
            return "HTTP code"
        for least, most, unit in _EPOCHS:
            if least <= number < most and (unit == "s" or number.is_integer()):
                return f"time ({unit} since 1970)"
        return "whole number" if number.is_integer() else "number"
    text = str(value)
    if _is_time(text):
        return "time"
    if any(letter.isspace() for letter in text.strip()) or len(text) > _WORD_CHARACTERS:
        return "text"
    return "name of a model" if _MODEL.search(text) else "word"


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return abs(value) < 1e300
    return isinstance(value, str) and re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", value) is not None


def _is_time(text: str) -> bool:
    if not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
