"""Cases of prompt caching worked out by hand, read from the text files in `cases/`.

    == The rule that the case holds, in a sentence
    source: where that rule is written down
    calls: session=s model=claude-opus-5
                                   | defaults             | ttl=1h
    0        sys:2000 asked#:2500  | write 2000           | write_1h 2000
    5..95/5  sys:2000 asked#:2500  | read 2000            | read 2000
    200,210  sys:2000 more*3:2100..2300 ok=false | -      | -

The first word of a line is when its calls were sent, in seconds: one time, several, those from 5 to 95 in steps of 5,
or `untimed`. `name:tokens` is a block of the prompt and the tokens up to its end; two blocks are the same if all names
up to them are. `more*3:2100..2300` is three blocks, `more1` to `more3`, of equal lengths. `name=value` is a field of
`Call`, `input=N` a prompt of which nothing is cached; `calls:` gives fields to all calls of the case. `#` stands for
the time of the call.

Each column is a replay with the parameters at its head. It says what becomes of each call's prompt: the tokens read,
written, and written for an hour; all others are plain input, `-` if all are, and `kept` says that nothing changed. With
`;` between them, outcomes are for one call of the line after the other, the last one for all further calls.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from tests.what_ifs.calls import Block, Buckets, Call
from tests.what_ifs.prompt_caching.replay import provider

FOLDER = Path(__file__).parent / "cases"
DEFAULTS = "defaults"
_WORDS = {"none": None, "true": True, "false": False}


@dataclass
class Case:
    """Calls, and for each replay the buckets that come out for each of them."""

    rule: str
    source: str | None = None
    shared: dict[str, Any] = field(default_factory=dict)
    settings: list[str] = field(default_factory=lambda: [DEFAULTS])
    calls: list[Call] = field(default_factory=list)
    outcomes: dict[str, list[Buckets]] = field(default_factory=dict)

    def expected(self, settings: str) -> dict[str, Buckets]:
        return dict(zip((call.name for call in self.calls), self.outcomes[settings], strict=True))


def given(settings: str) -> dict[str, Any]:
    """The parameters of a replay."""
    return {} if settings == DEFAULTS else dict(map(_field, settings.split()))


def cases() -> Iterator[tuple[str, Case]]:
    """Every case with the name of its file."""
    for path in sorted(FOLDER.glob("*.txt")):
        for case in _read(path):
            yield path.stem, case


def _read(path: Path) -> Iterator[Case]:
    case: Case | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            if line.startswith("== "):
                if case:
                    yield case
                case = Case(line[3:])
            elif line.strip() and not line.startswith("# "):
                assert case, "a line before the first case"
                _add(case, line)
        except Exception as error:
            raise ValueError(f"{path.name}:{number}: {error}: {line}") from error
    if case:
        yield case


def _add(case: Case, line: str) -> None:
    told, *cells = (cell.strip() for cell in line.split("|"))
    if line.startswith("source: "):
        case.source = line.removeprefix("source: ")
    elif line.startswith("calls: "):
        case.shared = dict(_field(word) for word in line.split()[1:])
    elif not told:
        assert not case.calls, "the heads of the columns stand above the calls"
        case.settings = cells
    else:
        calls = list(_calls(case, told))
        for settings, cell in zip(case.settings, cells, strict=True):
            outcomes = cell.split(";")
            outcomes += outcomes[-1:] * (len(calls) - len(outcomes))
            case.outcomes.setdefault(settings, []).extend(
                _buckets(outcome.split(), call) for outcome, call in zip(outcomes, calls, strict=True)
            )
        case.calls += [replace(call, name=str(n)) for n, call in enumerate(calls, start=len(case.calls))]


def _calls(case: Case, told: str) -> Iterator[Call]:
    when, *words = told.split()
    for at in _times(when):
        blocks: list[Block] = []
        fields = {"model": "claude-sonnet-4-5", "took": None, "ttft_s": 0, "system": 1, **case.shared}
        time = "" if at is None else f"{at:.12g}"
        for word in (word.replace("#", time) for word in words):
            if "=" in word:
                fields |= [_field(word)]
            else:
                blocks += _blocks(word)
        fields.setdefault("provider", provider(fields["model"]))
        fields.setdefault("buckets", (blocks[-1][1] if blocks else 5000, 0, 0, 0))
        so_far = accumulate((name for name, _ in blocks), "{} {}".format)
        chained = tuple(zip(so_far, (tokens for _, tokens in blocks), strict=True))
        yield Call("", at, blocks=chained, **fields)


def _times(word: str) -> Iterator[float | None]:
    for part in word.split(","):
        if several := re.fullmatch(r"(.+)\.\.(.+)/(.+)", part):
            first, last, step = map(float, several.groups())
            yield from (first + n * step for n in range(round((last - first) / step) + 1))
        else:
            yield None if part == "untimed" else float(part)


def _blocks(word: str) -> Iterator[Block]:
    name, tokens = word.split(":")
    if "*" not in name:
        yield name, int(tokens)
        return
    name, count = name.split("*")
    first, last = map(int, tokens.split(".."))
    for n in range(int(count)):
        yield f"{name}{n + 1}", first + (last - first) * n // (int(count) - 1)


def _field(word: str) -> tuple[str, Any]:
    name, text = word.split("=")
    if name in ("input", "buckets"):
        counts = [int(count) for count in text.split(",")]
        return "buckets", tuple([*counts, 0, 0, 0][:4])
    if text in _WORDS:
        return name, _WORDS[text]
    return name, float(text) if re.fullmatch(r"\d+\.\d+", text) else int(text) if text.isdigit() else text


def _buckets(words: list[str], call: Call) -> Buckets:
    if words == ["kept"]:
        return call.buckets
    found = {"read": 0, "write": 0, "write_1h": 0}
    for name, tokens in zip(words[::2], words[1::2], strict=True) if words != ["-"] else ():
        assert name in found, f"{name} is not an outcome"
        found[name] = int(tokens)
    return call.total - sum(found.values()), found["read"], found["write"], found["write_1h"]
