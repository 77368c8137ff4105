"""Every what-if on traffic that it can do little with: it says why, and never fails or prints nonsense."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import registry
from llmcost.errors import UsageError
from llmcost.what_ifs.engine.step import parse
from tests.command import in_formats, llmcost
from tests.logs import Row, call, write

NAMES = sorted(registry.load("what_ifs"))

BARE: dict[str, list[Row | str]] = {
    "one request": [call(1)],
    "no times": [call(n, ts=None, session_id="s", task_type="classification", complexity=0.2) for n in range(3)],
    "no sessions, texts or prefixes": [call(n, user_id=None) for n in range(4)],
    "only errors": [call(n, status="error", output_tokens=0, prompt_hash="h") for n in range(3)],
    "only an aggregate": [call(1, calls=500, input_tokens=900_000, output_tokens=40_000)],
    "no price at all": [call(n, model="home-grown-7b", task_type="classification") for n in range(3)],
    "half without a price": [call(n, model="home-grown-7b" if n % 2 else "gpt-4o", prompt_hash="h") for n in range(4)],
    "no tokens": [call(n, input_tokens=0, output_tokens=0, session_id="s", prompt_hash="h") for n in range(3)],
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for name, rows in BARE.items():
        folder = tmp_path_factory.mktemp("edge")
        write(folder / "log.jsonl", [row if isinstance(row, str) else without_nulls(row) for row in rows])
        assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0
        made[name] = folder
    return made


def without_nulls(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


@contextmanager
def strict() -> Iterator[Any]:
    """A reader of JSON that refuses what only Python writes."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    yield lambda text: json.loads(text, parse_constant=refuse)


def dollars(part: Any, name: str = "") -> set[str]:
    """The keys under which a document holds dollars, or shares of them; what machines of one's own cost is known."""
    if isinstance(part, dict):
        known = ("summary", "params")
        return {key for inner, value in part.items() if inner not in known for key in dollars(value, inner)}
    if isinstance(part, list):
        return {key for value in part for key in dollars(value, name)}
    return {name} if part is not None and (name.endswith("_usd") or name == "saved_share") else set()


@pytest.mark.parametrize("kind", BARE)
@pytest.mark.parametrize("name", NAMES)
def test_a_what_if_alone(stores: dict[str, Path], name: str, kind: str) -> None:
    words = ("simulate", "--what-if", name, "--by", "feature")
    done, shown = in_formats(*words, formats=("json", "table"), cwd=stores[kind])
    assert "please report" not in done.stderr
    if done.returncode:
        assert done.returncode == 1
        assert (done.stdout, shown) == ("", {})
        assert "\nhint: " in done.stderr
        return
    with strict() as read:
        document = read(shown["json"])
    [stage] = document["stages"]
    if kind == "no price at all":
        assert dollars(document) == set()
        assert any("there are no dollars to show" in note for note in document["notes"])
    elif stage["saved_usd"] == 0 and not any(stage["effects"].values()) and not stage["moves"]:
        assert any(note.startswith(f"{name}: ") for note in document["notes"]), "it saves nothing and does not say why"
    table = shown["table"]
    assert kind != "no price at all" or "$0.00" not in table
    assert not {"nan", "NaN", "inf", "None"} & set(table.split())
    assert max(map(len, table.splitlines())) <= 100


@pytest.mark.parametrize("kind", BARE)
@pytest.mark.parametrize("words", [("--what-if", "all"), ("--optimize",)], ids=["all", "optimize"])
def test_everything_at_once(stores: dict[str, Path], words: tuple[str, ...], kind: str) -> None:
    formats = ("json", "table", "csv", "markdown", "html")
    done, shown = in_formats("simulate", *words, "--by", "feature", formats=formats, cwd=stores[kind])
    assert (done.returncode, "please report" in done.stderr) == (0, False), done.stderr
    assert set(shown) == set(formats)
    with strict() as read:
        document = read(shown["json"])
    assert kind != "no price at all" or dollars(document) == set()
    assert max(map(len, shown["table"].splitlines())) <= 100


NUMBERS = [
    (name, p.name) for name in NAMES for p in registry.find("what_ifs", name).parameters if p.type in ("int", "float")
]


@pytest.mark.parametrize(("name", "parameter"), NUMBERS)
def test_a_number_that_makes_no_sense_is_refused(name: str, parameter: str) -> None:
    for value in ("-1", "nan", "soon", "", "inf", "-inf", "1e308", "9" * 30):
        with pytest.raises(UsageError, match=parameter):
            parse(f"{name}:{parameter}={value}")


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_that_there_is_not_is_refused(name: str) -> None:
    for word in (f"{name}:nothing=1", f"{name}:nothing"):
        with pytest.raises(UsageError, match="nothing"):
            parse(word)
