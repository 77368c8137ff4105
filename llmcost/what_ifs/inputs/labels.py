"""Labels files: pairs of prompts, and whether the answer to one of them may be given to the other.

One line a pair: two prompts and a label, 0 or 1, under the names that such sets have (Quora's question1, question2 and
is_duplicate; GLUE's and PAWS's sentence1, sentence2 and label) or prompt_1, prompt_2 and label. GPTCache's pairs, named
origin and similar, have no label: all mean the same. A sample of hits (`simulate --sample-hits`) also names a request
of each prompt, request_1 and request_2. A pair with an empty label has not been judged, and is skipped. A prompt is the
text of a request's last turn where texts are kept, its prompt_hash, or its request_id.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.errors import LlmcostError
from llmcost.what_ifs.inputs.user_files import YES_OR_NO, Row, records, version, wrong

if TYPE_CHECKING:
    import pyarrow as pa

_PAIRS = (("prompt_1", "prompt_2"), ("question1", "question2"), ("sentence1", "sentence2"), ("origin", "similar"))
_REQUESTS = ("request_1", "request_2")
_LABELS = ("label", "is_duplicate")
_VALUES = YES_OR_NO | {"1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}
_HINT = (
    "it needs prompt_1, prompt_2 and label, 1 where the answer of one may serve the other, else 0; or question1,"
    " question2 and is_duplicate, sentence1, sentence2 and label, origin and similar"
)


def read(path: str) -> "pa.Table":
    """`one`, `other` and `alike`, one row a pair.

    A pair that is named by its requests too has a second row. Raises LlmcostError, with the line, for what is not a
    pair and for two different labels of one.
    """
    return _read(*version(path, "labels", _HINT))


@cache
def _read(file: Path, *_version: int) -> "pa.Table":
    """The file as it is now: a search replays the same step many times."""
    import pyarrow as pa

    found: dict[tuple[str, str], bool] = {}
    for line, row in records(file, "labels", _HINT):
        names = next((pair for pair in _PAIRS if row.keys() >= set(pair)), None)
        if names is None:
            raise wrong(file, line, "no two prompts", _HINT)
        for name in names:
            if not str(row[name] or "").strip():
                raise wrong(file, line, f"{name} is empty", _HINT)
        if row.get("label") == "":
            continue
        alike = True if "similar" in names and not row.keys() & set(_LABELS) else _label(file, line, row)
        for known in (names, _REQUESTS):
            one, other = sorted(str(row.get(name) or "") for name in known)
            if one and found.setdefault((one, other), alike) != alike:
                raise wrong(file, line, "a second label for the same pair, and a different one", _HINT)
    if not found:
        raise LlmcostError(f"{file} holds no labels", hint=_HINT)
    ones, others = zip(*found, strict=True)
    return pa.table({"one": pa.array(ones), "other": pa.array(others), "alike": pa.array(list(found.values()))})


def _label(file: Path, line: int, row: Row) -> bool:
    name = next((name for name in _LABELS if name in row), None)
    if name is None:
        raise wrong(file, line, "no label", _HINT)
    value = _VALUES.get(str(row[name]).strip().lower())
    if value is None:
        raise wrong(file, line, f"{name} is {str(row[name])[:40]!r}, neither 0 nor 1", _HINT)
    return bool(value)
