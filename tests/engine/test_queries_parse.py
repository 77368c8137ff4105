"""Every query file parses as DuckDB's SQL, and its header keeps to the grammar in CONTRIBUTING.md.

The grammar is read here a second time, more strictly than the program does: a header line that the program
would pass over in silence fails here.
"""

import json
import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

QUERIES = Path(__file__).resolve().parents[2] / "queries"
FILES = sorted(QUERIES.rglob("*.sql"))

COMMON_KEYS = {"question", "param", "assumes", "reads"}
# A header's keys by folder. Other folders hold the steps of one process, headed by a sentence.
KEYS = {
    "formats": {
        "source",
        "ingest",
        "columns",
        "record",
        "records",
        "within",
        "claims",
        "wraps",
        "further",
        "stateful",
        "param",
        "assumes",
        "cached",
        "reasoning",
        "lacks",
        "truth",
    },
    "what_ifs": COMMON_KEYS
    | {"rows", "kernel", "neutral", "order", "stacked", "needs", "low", "high", "then", "facts", "summary"}
    | {"grid", "alters", "unmeasured", "delays", "instead"},
    "audit": COMMON_KEYS | {"severity", "dollars", "advice"},
    **dict.fromkeys(
        (
            "spend",
            "page",
            "explain",
            "changes",
            "savings",
            "quality",
            "backtests",
            "requests",
            "billing",
            "pricing",
            "ledger",
            "views",
        ),
        COMMON_KEYS,
    ),
}
REQUIRED = {
    "formats": {"source", "ingest", "claims", "cached", "reasoning", "lacks", "truth"},
    "what_ifs": {"question", "neutral", "assumes"},
    "audit": {"question", "severity", "dollars", "advice"},
}
HEADED = [path for path in FILES if path.parent.name in KEYS]

FIELD = re.compile(r"(?P<key>[a-z_]+): (?P<value>\S.*)")
PARAM = re.compile(
    r"param (?P<name>[a-z][a-z0-9_]*)"
    r" (?P<type>text|names(?:\([a-z0-9_, -]+\))?|bool|date|model(?:\([a-z]+\))?|file"
    r"|(?:int|float)(?:\([0-9.-]+, (?:[0-9.]+|inf)\))?|choice\([a-z0-9_, -]+\))"
    r" = (?P<default>\S+|'[^']*'): (?P<meaning>\S.*)"
)
PLACEHOLDER = re.compile(r"\$([a-z_][a-z0-9_]*)")


def named(path: Path) -> str:
    return path.relative_to(QUERIES).as_posix()


def split(path: Path) -> tuple[list[str], str]:
    """The header's lines without their comment marks, and the SQL after it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return [line[2:].removeprefix(" ") for line in lines[:end]], "\n".join(lines[end:])


def fields(path: Path) -> list[str]:
    """The header's entries below its title, continuation lines joined to what they continue."""
    entries: list[str] = []
    for line in split(path)[0][1:]:
        if line.startswith("  "):
            assert entries, f"a continuation of nothing: {line}"
            entries[-1] += " " + line.strip()
        elif line:
            entries.append(line)
    return entries


def parsed(path: Path) -> list[exp.Expr | None]:
    """The file's statements."""
    return sqlglot.parse(path.read_text(encoding="utf-8"), dialect="duckdb")


def test_there_are_queries() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=named)
def test_it_parses(path: Path) -> None:
    assert parsed(path)
    for statement in parsed(path):
        assert not isinstance(statement, exp.Command), "sqlglot passes this over without understanding it"


@pytest.mark.parametrize("path", HEADED, ids=named)
def test_it_is_one_select(path: Path) -> None:
    (statement,) = parsed(path)
    assert isinstance(statement, exp.Query)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_it_says_what_it_is(path: Path) -> None:
    header, _ = split(path)
    assert header, "the file begins with no comment"
    assert max(map(len, header)) <= 120


@pytest.mark.parametrize("path", HEADED, ids=named)
def test_the_title_starts_with_the_name(path: Path) -> None:
    name = path.stem.replace("_", "-")
    header, _ = split(path)
    assert re.fullmatch(rf"{re.escape(name)}: \S.*[^.]", header[0]), f"the first line is not '-- {name}: what it does'"
    assert len(header) == 1 or header[1] == "", "an empty '--' line follows the title"


@pytest.mark.parametrize("path", HEADED, ids=named)
def test_the_header_keeps_to_the_grammar(path: Path) -> None:
    kind = path.parent.name
    found = set()
    for entry in fields(path):
        match = PARAM.fullmatch(entry) if entry.startswith("param ") else FIELD.fullmatch(entry)
        assert match, f"not a header line: {entry}"
        key = "param" if match.re is PARAM else match["key"]
        assert key in KEYS[kind], f"no {kind} header has a line '{key}': {entry}"
        found.add(key)
    required = REQUIRED.get(kind, {"question"})
    assert found >= required, f"missing: {required - found}"


@pytest.mark.parametrize("path", HEADED, ids=named)
def test_what_a_header_says_in_sql_or_json_parses(path: Path) -> None:
    for entry in fields(path):
        key, _, text = entry.partition(": ")
        if key in ("claims", "within", "records", "needs"):
            condition = text.split(": ")[0] if key == "needs" else text
            (statement,) = sqlglot.parse(f"select {condition} as it from requests", dialect="duckdb")
            assert isinstance(statement, exp.Select), entry
            assert [column.alias for column in statement.expressions] == ["it"], f"not one expression: {entry}"
        if key in ("record", "columns"):
            assert json.loads(text), entry


def _documented() -> dict[str, set[str]]:
    """The keys of headers in CONTRIBUTING.md, each with the folders that it belongs to."""
    text = (QUERIES.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+`) \| ([a-z, -]+) \|", text, re.MULTILINE)
    return {
        key: KEYS.keys() - {folders.removeprefix("all but ")}
        if folders.startswith("all")
        else {folder.strip().replace("-", "_") for folder in folders.split(",")}
        for keys, folders in rows
        for key in re.findall(r"`([a-z_]+)", keys)
    }


def test_contributing_lists_every_key_of_a_header() -> None:
    expected: dict[str, set[str]] = {}
    for folder, keys in KEYS.items():
        for key in keys:
            expected.setdefault(key, set()).add(folder)
    assert _documented() == expected


def test_the_header_that_contributing_shows_keeps_to_the_grammar() -> None:
    text = (QUERIES.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = re.findall(r"^    --(?: (.*))?$", text, re.MULTILINE)
    assert re.fullmatch(r"[a-z-]+: \S.*", shown[0])
    for entry in shown[2:]:
        match = PARAM.fullmatch(entry) if entry.startswith("param ") else FIELD.fullmatch(entry)
        assert match, entry
        assert match.re is PARAM or match["key"] in KEYS["what_ifs"], entry


@pytest.mark.parametrize("path", HEADED, ids=named)
def test_parameters_are_declared_once_and_used(path: Path) -> None:
    """A kernel's parameters may be the kernel's alone, and one may choose a table of facts; any other has to stand in
    the SQL, or in the SELECT that comes after it.

    With a parameter `small` of type model the SQL may also name `$small_provider`.
    """
    entries = fields(path)
    matches = [match for entry in entries if (match := PARAM.fullmatch(entry))]
    declared = [match["name"] for match in matches]
    providers = {f"{match['name']}_provider" for match in matches if match["type"].startswith("model")}
    used = set(PLACEHOLDER.findall(split(path)[1]))
    for entry in entries:
        if entry.startswith("reads: "):
            for name in entry.removeprefix("reads: ").split(", "):
                [read] = QUERIES.glob(f"{name}.*")
                used |= set(PLACEHOLDER.findall(split(read)[1]) if read.suffix == ".sql" else [])
        if entry.startswith("then: "):
            after = QUERIES / "billing" / f"{entry.removeprefix('then: ')}.sql"
            declared_after = {match["name"] for line in fields(after) if (match := PARAM.fullmatch(line))}
            assert declared_after <= set(declared), "what comes after needs a parameter that is not declared"
            used |= declared_after
        if entry.startswith("facts: "):
            chosen = {"outcomes": {"outcomes", "scores"}, "judged_complexity": {"complexity"}}
            used |= set().union(*(chosen.get(table, ()) for table in entry.removeprefix("facts: ").split(", ")))
    assert len(declared) == len(set(declared))
    assert used <= set(declared) | providers, "the SQL names a parameter that the header does not declare"
    if not any(entry.startswith("kernel: ") for entry in entries):
        assert set(declared) <= used, "the header declares a parameter that the SQL does not use"


@pytest.mark.parametrize("path", [path for path in HEADED if path.parent.name == "what_ifs"], ids=named)
def test_what_a_what_if_says_of_rows_and_kernel_is_true(path: Path) -> None:
    for entry in fields(path):
        if entry.startswith("rows: "):
            assert entry.removeprefix("rows: ") in ("keeps", "adds", "drops")
        if entry.startswith("kernel: "):
            module = QUERIES.parent / "llmcost" / "what_ifs" / "kernels" / f"{entry.removeprefix('kernel: ')}.py"
            assert module.is_file()


@pytest.mark.parametrize("path", [path for path in HEADED if path.parent.name == "what_ifs"], ids=named)
def test_the_settings_that_a_what_if_names_are_its_own(path: Path) -> None:
    declared = {match["name"] for entry in fields(path) if (match := PARAM.fullmatch(entry))}
    ends = {}
    for entry in fields(path):
        key, _, text = entry.partition(": ")
        if key in ("neutral", "stacked", "low", "high", "grid"):
            ends[key] = dict(part.split("=") for part in re.split(r",\s*(?=[a-z0-9_]+=)", text))
            assert ends[key].keys() <= declared, entry
        if key == "instead":
            settings, _, why = text.partition(": ")
            assert {word.partition("=")[0] for word in settings.split(",")} <= declared, entry
            assert why, entry
        if key == "order":
            assert text.isdecimal()
        if key == "needs":
            assert re.fullmatch(r"[^:]+: \S.*", text), "a condition, then in words what it asks for"
    assert ends.get("low", {}).keys() == ends.get("high", {}).keys(), "both ends set the same assumptions"
