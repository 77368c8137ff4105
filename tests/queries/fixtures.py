"""Reads the fixtures of queries and runs them. CONTRIBUTING.md gives the form of a file."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import INPUTS, priced
from llmcost.engine.store import Store
from llmcost.what_ifs.engine.replay import kernel_of
from llmcost.what_ifs.engine.step import WhatIf, steps

FOLDER = Path(__file__).parent
OF_REQUESTS = {"requests", *INPUTS["changes"].relations, *INPUTS["backtests"].relations, *INPUTS["quality"].relations}
"""Relations that have every column of `requests`, whether or not a fixture names it."""
A_REQUEST = {
    "source_format": "test",
    "ts": "2026-11-02 10:00:00",
    "model": "m",
    "input_tokens": 0,
    "cache_read_tokens": 0,
    "cache_write_5m_tokens": 0,
    "cache_write_1h_tokens": 0,
    "output_tokens": 0,
    "web_searches": 0,
    "calls": 1,
    "service_tier": "standard",
    "status": "ok",
    "output_partial": False,
    "branched": False,
    "copied": False,
    "answered_by": "model",
    "requests_answered": 1,
    "counts_doubtful": False,
    "model_assumed": False,
}
A_PRICE = {
    "model": "m",
    "service_tier": "standard",
    "region": "",
    "valid_from": "2020-01-01",
    "weekday_from": 1,
    "weekday_to": 8,
    "minute_from": 0,
    "minute_to": 1440,
    "prompt_min": 0,
    "web_search_usd": 0,
    "request_usd": 0,
    "source": "test",
}
AS_TEXT_COSTS = {
    "input_usd_mtok": ("input_audio_usd_mtok", "input_image_usd_mtok", "input_video_usd_mtok", "cache_read_usd_mtok",
                       "cache_write_5m_usd_mtok", "cache_write_1h_usd_mtok"),
    "cache_read_usd_mtok": ("cache_read_audio_usd_mtok", "cache_read_image_usd_mtok", "cache_read_marked_usd_mtok"),
    "output_usd_mtok": ("output_audio_usd_mtok", "output_image_usd_mtok", "output_video_usd_mtok",
                        "reasoning_usd_mtok"),
}  # fmt: skip
"""Prices that are another one where a fixture does not give them."""
TOKEN = re.compile(r"'(?:[^']|'')*'|--[^\n]*|[()]")
CTE = re.compile(r"^(?:with )?(\w+) as (?:not materialized )?\(", re.MULTILINE)

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows as they are written, and the types that their columns are given."""

    columns: tuple[str, ...]
    types: Mapping[str, str]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Case:
    """One example of a query, or of one of its CTEs."""

    file: Path
    name: str
    cte: str | None = None
    key: str = "null::varchar"  # SQL: what a report groups by
    given: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)  # by relation, `rows` being what comes out

    @property
    def kind(self) -> Any:
        return self.file.parent.name

    @property
    def query(self) -> Path:
        """The query's own file."""
        return registry.queries_dir() / f"{self.kind}/{self.file.stem}.sql"


def cases() -> Iterator[Case]:
    """Every case of every fixture."""
    for file in sorted(FOLDER.glob("*/*.txt")):
        parts = re.split(r"^== (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert not _lines(parts[0]), f"{file} says something before its first case"
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            yield _case(file, name, text)


def _case(file: Path, name: str, text: str) -> Case:
    settings: Row = {}
    tables: dict[str, Table] = {}
    for block in re.split(r"\n\s*\n", text):
        lines = _lines(block)
        while lines and (setting := re.fullmatch(r"(cte|key|given): (.+)", lines[0])):
            settings[setting[1]] = setting[2]
            del lines[0]
        if lines:
            tables[lines[0].removesuffix(":")] = _table(lines[1:])
    given = dict(part.split("=") for part in re.split(r",\s*(?=\w+=)", settings.pop("given", "")) if part)
    return Case(file, name, given=given, tables=tables, **settings)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _table(lines: list[str]) -> Table:
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    names = [cell.partition(" ")[::2] for cell in cells[0]]
    assert all(len(row) == len(names) for row in cells), f"a row has another number of cells: {lines}"
    return Table(
        tuple(name for name, _ in names),
        {name: kind for name, kind in names if kind},
        tuple(tuple(_value(cell) for cell in row) for row in cells[1:]),
    )


def _value(cell: str) -> Any:
    """The cell as JSON, `a=10 b=20` as blocks of a prompt with the tokens up to each, else as it stands."""
    if re.fullmatch(r"(\w+=\d+ ?)+", cell):
        return [{"hash": hash_, "tokens": int(tokens)} for hash_, tokens in (it.split("=") for it in cell.split())]
    try:
        return json.loads(cell)
    except ValueError:
        return cell


def found(store: Store, case: Case) -> list[Row]:
    """What the query makes of the case's rows."""
    for name, table in case.tables.items():
        if name != "rows":
            _load(store, case, name, table)
    if case.kind in INPUTS and "priced" in INPUTS[case.kind].relations and "priced" not in case.tables:
        store.keep("priced", compose(priced(), f"select *, {case.key} as key from priced"))
    sql, values = _sql(case)
    return store.rows(sql, values)


def _sql(case: Case) -> tuple[str, dict[str, registry.Value]]:
    """The query, or the CTE with those before it that the case does not give, and its parameters' values."""
    owner = "what_ifs/prompt_caching" if case.kind == "prompt_caching" else f"{case.kind}/{case.file.stem}"
    kind, _, name = owner.partition("/")
    query = registry.find(kind, name.replace("_", "-"))  # type: ignore[arg-type]
    asked = {word: text for word, text in case.given.items() if not word.endswith("_provider")}
    providers = {f"{p.name}_provider": case.given.get(f"{p.name}_provider") for p in query.parameters}
    values = query.bind(asked) | providers
    text = case.query.read_text(encoding="utf-8")
    if case.cte:
        made = [(name, sql) for name, sql in ctes(text) if name not in case.tables]
        upto = [name for name, _ in made].index(case.cte)
        return compose(made[: upto + 1], f"select * from {case.cte}"), values
    if case.kind == "what_ifs":
        return compose([("requests", "select * from requests"), *steps(WhatIf(query, values))], "from requests"), values
    return query.body if case.kind != "prompt_caching" else text, values


def ctes(sql: str) -> Iterator[tuple[str, str]]:
    """The CTEs of a query's file, which begin in its first column, each with its SELECT."""
    for start in CTE.finditer(sql):
        depth = 1
        for token in TOKEN.finditer(sql, start.end()):
            depth += {"(": 1, ")": -1}.get(token[0], 0)
            if depth == 0:
                yield start[1], sql[start.end() : token.start()]
                break


def _load(store: Store, case: Case, name: str, table: Table) -> None:
    """Makes the relation with the rows that the case gives."""
    template = "requests" if name in OF_REQUESTS else name if name == "prices" else None
    types = dict(_types(store, template)) if template else {}
    if template is None and name == "replayed" and (kernel := kernel_of(_sql_query(case))):
        types = dict(kernel.decisions)
    given = {column: _kind([row[place] for row in table.rows]) for place, column in enumerate(table.columns)}
    types = given | types | dict(table.types)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    if template:
        rows = [_filled(template, number, row) for number, row in enumerate(rows)]
    columns = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
    store.execute(f"create or replace temp table {name} ({columns})")
    for row in rows:
        nested = {column for column, value in row.items() if isinstance(value, list | dict)}
        values = ", ".join(
            f"$v{number}{'::json' if column in nested else ''}::{types[column]}" for number, column in enumerate(row)
        )
        names = ", ".join(f'"{column}"' for column in row)
        given = {
            f"v{number}": json.dumps(value) if column in nested else value
            for number, (column, value) in enumerate(row.items())
        }
        store.execute(f"insert into {name} ({names}) select {values}", given)


def _kind(values: Sequence[Any]) -> str:
    """The type of a column that no schema knows, by its values."""
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return "boolean"
    if known and all(isinstance(value, int | float) for value in known):
        return "bigint" if all(isinstance(value, int) for value in known) else "double"
    if known and all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", str(value)) for value in known):
        return "timestamp"
    return "varchar"


def _sql_query(case: Case) -> registry.Query:
    return registry.find(case.kind, case.file.stem.replace("_", "-"))


def _types(store: Store, table: str) -> Iterator[tuple[str, str]]:
    for row in store.rows(f"describe main.{table}"):
        yield row["column_name"], row["column_type"]


def _filled(table: str, number: int, row: Row) -> Row:
    """The row with what its relation needs besides."""
    if table == "requests":
        return {"request_id": f"r{number + 1}"} | A_REQUEST | row
    filled = A_PRICE | row
    for price, others in AS_TEXT_COSTS.items():
        filled = {other: filled.get(price) for other in others} | filled
    return filled
