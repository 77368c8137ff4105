"""Fields that several formats read are written once, and headers name them."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from llmcost.engine import registry
from llmcost.ingest.structures import spelled_out

SHARED = json.loads((registry.queries_dir() / "formats" / "structures.json").read_text(encoding="utf-8"))
HEADERS = {
    f"{name} {key}": json.loads(query.field(key))
    for name, query in registry.load("formats").items()
    for key in ("columns", "record")
    if key in query.fields
}


def test_a_name_stands_for_its_fields() -> None:
    assert spelled_out('{"a": "VARCHAR", "u": [{"usage": "codex_usage"}]}') == {
        "a": "VARCHAR",
        "u": [{"usage": SHARED["codex_usage"]}],
    }


def test_under_a_star_its_fields_are_among_the_others() -> None:
    assert spelled_out('{"*": "envelope", "a": "VARCHAR"}') == SHARED["envelope"] | {"a": "VARCHAR"}


def test_a_field_of_that_name_is_a_field() -> None:
    assert spelled_out('{"*": "VARCHAR"}') == {"*": "VARCHAR"}


def structures(kind: Any) -> Iterator[str]:
    """Every structure of four fields or more, as text that does not depend on their order."""
    inner = kind.values() if isinstance(kind, dict) else kind if isinstance(kind, list) else ()
    if isinstance(kind, dict) and len(kind) > 3:
        yield json.dumps(kind, sort_keys=True)
    for part in inner:
        yield from structures(part)


def test_no_structure_is_written_twice() -> None:
    written = Counter(found for kind in [*HEADERS.values(), *SHARED.values()] for found in structures(kind))
    assert [found for found, times in written.items() if times > 1] == []


@pytest.mark.parametrize("name", SHARED)
def test_every_name_is_used_more_than_once(name: str) -> None:
    assert json.dumps([HEADERS, SHARED]).count(f'"{name}"') > 2  # its definition is one


@pytest.mark.parametrize("header", HEADERS)
def test_the_envelope_is_written_out_nowhere(header: str) -> None:
    assert not SHARED["envelope"].keys() <= HEADERS[header].keys()
