"""Lines made wrong: the ways in which a log is broken, cut off, or written by somebody who changed their mind."""

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

STRANGE: tuple[Any, ...] = (
    None, True, "", "null", "12", "1e3", "-5", "NaN", "∞", 0, -1, 3.7, 1e300, 10**30, [], {}, [None], [[]], {"": None},
    "2026-13-45T99:99:99Z", "'; drop table requests; --", "$assume_model", "a" * 2000, "\u0000", "\ud83d", "é" * 20,
)  # fmt: skip

LIMITS: tuple[Any, ...] = (
    0, -1, 2**31 - 1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), -(2**63) - 1, 10**18, 10**30, 1e308,
    -1e308, 5e-324, 0.5, -0.0, float("nan"), float("inf"), 253402300800, 4102444800000,
)  # fmt: skip
"""Numbers at the ends of what a type, a clock or an engine holds."""

Place = tuple[Any, Any]
"""A dict or list, and the key or index in it."""


def mutated(text: str, chance: random.Random) -> str | bytes:
    """The line, broken in one way or in a few."""
    try:
        value = json.loads(text)
    except ValueError:
        return chance.choice(_ON_TEXT)(text, chance)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        chance.choice(_ON_VALUES)(value, chance)
    written = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "replace").decode("utf-8")
    return chance.choice(_ON_TEXT)(written, chance) if chance.random() < 0.3 else written


def _places(value: Any) -> Iterator[Place]:
    """Everything in a JSON value that stands under something else."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, under in inner:
        yield value, key
        yield from _places(under)


def _somewhere(value: Any, chance: random.Random) -> Place | None:
    places = list(_places(value))
    return chance.choice(places) if places else None


def _drop(value: Any, chance: random.Random) -> None:
    if place := _somewhere(value, chance):
        del place[0][place[1]]


def _replace(value: Any, chance: random.Random) -> None:
    if place := _somewhere(value, chance):
        place[0][place[1]] = deepcopy(chance.choice(STRANGE))


def _to_a_limit(value: Any, chance: random.Random) -> None:
    """A number, or a text of one, replaced by a number at the end of some range."""
    places = [place for place in _places(value) if _is_number(place[0][place[1]])]
    if places:
        under, key = chance.choice(places)
        limit = chance.choice(LIMITS)
        under[key] = str(limit) if isinstance(under[key], str) else limit


def _is_number(value: Any) -> bool:
    return (isinstance(value, int | float) and not isinstance(value, bool)) or (
        isinstance(value, str) and value.replace(".", "", 1).isdigit()
    )


def _as_text(value: Any, chance: random.Random) -> None:
    """A number as a text, or an object as a text of JSON."""
    if place := _somewhere(value, chance):
        place[0][place[1]] = json.dumps(place[0][place[1]])


def _nest(value: Any, chance: random.Random) -> None:
    if place := _somewhere(value, chance):
        under = place[0][place[1]]
        place[0][place[1]] = chance.choice(([under], [under, deepcopy(under)], {"value": under}))


def _reorder(value: Any, chance: random.Random) -> None:
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        value.clear()
        value.update(items)


def _cut(text: str, chance: random.Random) -> bytes:
    return text.encode()[: chance.randrange(len(text.encode()) + 1)]


def _spoil(text: str, chance: random.Random) -> bytes:
    """Some bytes overwritten with any others but a line break."""
    spoilt = bytearray(text.encode())
    for _ in range(chance.randrange(4)):
        if spoilt:
            spoilt[chance.randrange(len(spoilt))] = chance.choice([byte for byte in range(1, 256) if byte != 10])
    return bytes(spoilt)


def _say_twice(text: str, chance: random.Random) -> str:
    """The first key of an object given again, with something else under it."""
    key, colon, rest = text.partition(":")
    return f"{key}{colon} {json.dumps(chance.choice(STRANGE[:-2]))}, {key.lstrip('{[ ')}:{rest}" if colon else text


_ON_VALUES: tuple[Callable[[Any, random.Random], None], ...] = (
    _drop, _drop, _replace, _as_text, _nest, _reorder, _to_a_limit, _to_a_limit, _to_a_limit,
)  # fmt: skip
_ON_TEXT: tuple[Callable[[str, random.Random], str | bytes], ...] = (_cut, _spoil, _say_twice)
