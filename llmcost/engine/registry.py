"""The query files: found, their headers read, their parameters bound.

The list of files under `queries/` is the list of what llmcost can do. A header
is a comment block at the top of the file, one `key: value` a line, continued by
indentation; CONTRIBUTING.md gives the grammar.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from llmcost import numerals
from llmcost.engine import facts, literals
from llmcost.engine.compose import Inlined, Relation, compose
from llmcost.errors import UsageError, did_you_mean

MOST = 1e12
"""The most that a number may be where its header sets no end, so that no arithmetic runs over."""
Value = str | int | float | bool | date | list[str] | None
Kind = Literal[
    "formats", "ingest", "merge", "metrics",
    "requests", "pricing", "what_ifs", "billing",
    "spend", "page", "explain", "audit", "changes", "savings", "quality", "backtests", "ledger", "zones", "views",
]  # fmt: skip

_PARAM = re.compile(r"^(?P<name>\w+) (?P<type>\w+)(?:\((?P<choices>[^)]*)\))? = (?P<default>.*?): (?P<meaning>.+)$")
_SOME = "any of them separated by commas, all or none."
_LIST = "names separated by commas, all or none; * in a name matches any characters."
_MACRO = re.compile(r"^create or replace temp macro (\w+)\(.*?;$", re.MULTILINE | re.DOTALL)
_DEFINED = re.compile(r"macro \w+\((?P<takes>[^)]*)\) as(?P<gives>.*);$", re.DOTALL)
_PLACEHOLDER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\$(?P<name>[a-z_][a-z0-9_]*)""")
"""A parameter; what only looks like one in a text, a name or a comment is passed over."""


@dataclass(frozen=True)
class Parameter:
    """One `$name` of a query: its type, its default and what it means, unit included."""

    name: str
    type: str
    choices: tuple[str, ...]  # of a number: the least and the most that it may be; of a model: words that are no name
    default: Value
    meaning: str

    def parse(self, text: str) -> Value:
        """The value of a user's word; UsageError when it is not of this type.

        Names are a list: `none` is the empty one, and `all` is None.
        """
        if self.type == "names":
            return None if text == "all" else self._listed(_names(text))
        if text == "none" and not self._always_a_number:
            return None
        if self.type in ("int", "float"):
            return self._number(text)
        if self.type == "bool":
            if text not in ("true", "false"):
                raise UsageError(f"{self.name}={text} is neither true nor false", hint=self.meaning)
            return text == "true"
        if self.type == "date":
            return self._day(text)
        if self.choices and self.type != "model" and text not in self.choices:
            raise UsageError(f"{self.name}={text} is not a choice", hint=did_you_mean(text, list(self.choices)))
        return text

    def _listed(self, words: list[str]) -> list[str]:
        for word in words:
            if self.choices and word not in self.choices:
                raise UsageError(f"{self.name}={word} is not a choice", hint=did_you_mean(word, list(self.choices)))
        return words

    def written(self, value: Value) -> str:
        """The value as on the command line."""
        if self.type == "names":
            text = "all" if value is None else ",".join(map(str, value)) or "none"  # type: ignore[arg-type]
            return f'"{text}"' if "=" in text else text
        if value is None:
            return "none"
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f'"{text}"' if "," in text else text

    @property
    def _always_a_number(self) -> bool:
        """Whether none has no meaning here: it is not the default, and the meaning does not mention it."""
        return (
            self.type in ("int", "float")
            and bool(self.choices)
            and self.default is not None
            and "none" not in self.meaning
        )

    def _day(self, text: str) -> str:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise UsageError(f"{self.name}={text} is not a date", hint=f"{self.name}: {self.meaning}") from None

    def _number(self, text: str) -> int | float:
        meaning = f"{self.name}: {self.meaning}"
        try:
            number = numerals.read(text, int if self.type == "int" else float)
        except ValueError:
            raise UsageError(f"{self.name}={text} is not a number", hint=meaning) from None
        least, most = (float(end) for end in self.choices or ("-inf", "inf"))
        if not max(least, -MOST) <= number <= min(most, MOST):  # nor is what is not a number
            within = (
                f"is less than {least:g}"
                if number < least and most > MOST
                else f"is not between {max(least, -MOST):g} and {min(most, MOST):g}"
            )
            raise UsageError(f"{self.name}={text} {within}", hint=meaning)
        return number


@dataclass(frozen=True)
class Query:
    """One query file."""

    name: str  # as on the command line: prompt-caching
    kind: str
    title: str
    body: str  # the SQL without its header, after the relations that it reads
    fields: Mapping[str, tuple[str, ...]]  # every header line by key, in order
    parameters: tuple[Parameter, ...]
    reads: tuple[Relation, ...] = ()  # besides the relation of its folder

    def field(self, key: str, default: str = "") -> str:
        """The header's only line under this key."""
        return self.fields.get(key, (default,))[0]

    def bind(self, given: Mapping[str, str]) -> dict[str, Value]:
        """Every parameter's value: the user's word where there is one, else the default."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise UsageError(f"{self.name} has no parameter {name}", hint=did_you_mean(name, sorted(known)))
        return {name: p.parse(given[name]) if name in given else p.default for name, p in known.items()}


def queries_dir() -> Path:
    """Where the query files are: inside an installed package, next to it in a checkout."""
    here = Path(__file__).resolve().parents[1]
    inside = here / "queries"
    return inside if inside.is_dir() else here.parent / "queries"


@cache
def load(kind: Kind) -> dict[str, Query]:
    """All query files of one kind, by name."""
    paths = sorted((queries_dir() / kind).glob("*.sql"))
    return {query.name: query for query in (_read(path, kind) for path in paths)}


def find(kind: Kind, name: str) -> Query:
    """One query file by name; UsageError naming the nearest when there is none."""
    known = load(kind)
    if name not in known:
        what = {"what_ifs": "what-if", "audit": "finding"}.get(kind, kind.rstrip("s"))
        raise UsageError(f"there is no {what} named {name}", hint=did_you_mean(name, list(known)))
    return known[name]


@cache
def macros() -> dict[str, str]:
    """The expressions that many queries share, by name: the statement that defines each."""
    text = (queries_dir() / "macros.sql").read_text(encoding="utf-8")
    return {match[1]: match[0] for match in _MACRO.finditer(text)}


def macros_of(sql: str) -> list[str]:
    """The statements that define the macros which the SQL uses, and those which these use, in an order that runs."""
    found: list[str] = []
    for name, statement in reversed(macros().items()):  # a macro uses only those before it
        if any(re.search(rf"\b{name}\(", text) for text in (sql, *found)):
            found.insert(0, statement)
    return found


def expanded(sql: str) -> str:
    """The SQL with every macro written out, so that a connection needs none of them."""
    for name, statement in reversed(macros().items()):  # a macro uses only those before it
        made = _DEFINED.search(statement)
        if made is None:
            continue
        takes = [word.strip() for word in made["takes"].split(",")]
        while call := re.search(rf"\b{name}\(", sql):
            given, end = _arguments(sql, call.end())
            gives = re.sub(r"--[^\n]*", "", made["gives"]).strip()
            values = dict(zip(takes, given, strict=True))
            gives = re.sub(rf"\b({'|'.join(map(re.escape, takes))})\b", lambda word: values[word[0]], gives)  # noqa: B023
            sql = f"{sql[: call.start()]}({gives}){sql[end:]}"
    return sql


def _arguments(sql: str, start: int) -> tuple[list[str], int]:
    """The arguments of a call from after its parenthesis, and the place after it. None of them holds a text."""
    depth, given = 1, [""]
    for place in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if depth == 0:
            return [argument.strip() for argument in given], place + 1
        if sql[place] == "," and depth == 1:
            given.append("")
        else:
            given[-1] += sql[place]
    raise ValueError(f"a call without an end: {sql[start:]}")


def rename(sql: str, prefix: str) -> str:
    """The SQL with every `$name` called `$prefix_name`, so that a stack can hold one query twice."""
    return _PLACEHOLDER.sub(lambda match: f"${prefix}_{match['name']}" if match["name"] else match[0], sql)


def literal(sql: str, values: Mapping[str, Value]) -> str:
    """The SQL with its parameters written out, for a reader to copy. Never executed by llmcost."""
    return _PLACEHOLDER.sub(
        lambda match: literals.written(values[match["name"]]) if match["name"] in values else match[0], sql
    )


def used(sql: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Those of the values that the SQL names: the engine refuses superfluous ones."""
    names = {match["name"] for match in _PLACEHOLDER.finditer(sql)}
    return {name: value for name, value in values.items() if name in names}


def _read(path: Path, kind: str) -> Query:
    header, body = _split(path.read_text(encoding="utf-8"))
    title = header[0] if header else ""
    fields: dict[str, list[str]] = {}
    for line in _joined(header[1:]):
        key, _, value = line.partition(":") if not line.startswith("param ") else ("param", "", line[6:])
        fields.setdefault(key.strip(), []).append(value.strip())
    reads = _relations(path.parents[1], fields.get("reads", ()))
    return Query(
        name=path.stem.replace("_", "-"),
        kind=kind,
        title=title.partition(": ")[2],
        body=compose(reads, body),
        fields={key: tuple(values) for key, values in fields.items()},
        parameters=tuple(_parameter(path, line) for line in fields.get("param", ())),
        reads=reads,
    )


def _relations(queries: Path, reads: Sequence[str]) -> tuple[Relation, ...]:
    """The files that a header names under `reads`, each a relation named after it, in that order."""
    made: list[Relation] = []
    for name in (part.strip() for line in reads for part in line.split(",")):
        if (table := queries / f"{name}.toml").exists():
            made.append((table.stem, facts.select(table, facts.own_file(table.stem))))
            continue
        header, select = _split((queries / f"{name}.sql").read_text(encoding="utf-8"))
        relation = (Path(name).name, select)
        made.append(Inlined(relation) if any(line.startswith("inlined: ") for line in header) else relation)
    return tuple(made)


def _split(text: str) -> tuple[list[str], str]:
    """The header's lines without their comment marks, and the SQL without any comment marks inside."""
    lines = text.splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return [line[2:].removeprefix(" ") for line in lines[:end]], "\n".join(lines[end:]).strip().rstrip(";")


def _names(text: str) -> list[str]:
    """The names of a list that a user wrote, each once; `none` is an empty one."""
    words = (word.strip().strip("'\"").strip() for word in text.split(","))
    return [] if text == "none" else list(dict.fromkeys(word for word in words if word))


def _joined(lines: list[str]) -> list[str]:
    joined: list[str] = []
    for line in lines:
        if line.startswith("  ") and joined:
            joined[-1] += " " + line.strip()
        elif line.strip():
            joined.append(line.strip())
    return joined


def _parameter(path: Path, line: str) -> Parameter:
    match = _PARAM.match(line)
    if match is None:
        raise ValueError(f"{path}: not a parameter line: {line}")
    choices = tuple(choice.strip() for choice in (match["choices"] or "").split(",") if choice.strip())
    bare = Parameter(match["name"], match["type"], choices, None, match["meaning"])
    meaning = bare.meaning
    if bare.type == "names":
        meaning = f"{meaning.rstrip('.')}; {_SOME if choices else _LIST}"
    return Parameter(bare.name, bare.type, choices, bare.parse(match["default"].strip("'")), meaning)
