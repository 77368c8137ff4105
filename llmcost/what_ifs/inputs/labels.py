"""Labels files: pairs of prompts, and whether the answer to one of them may be given to the other.

One line a pair: two prompts and a label, 0 or 1, under the names that such sets have (Quora's question1, question2 and
is_duplicate; GLUE's and PAWS's sentence1, sentence2 and label) or prompt_1, prompt_2 and label. GPTCache's pairs, named
origin and similar, have no label: all mean the same. A sample of hits (`simulate --sample-hits`) also names a request
of each prompt, request_1 and request_2. A pair with an empty label is skipped, unless a model has judged it
(`llmcost judge`). A prompt is the text of a request's last turn where texts are kept, its prompt_hash, or its
request_id.
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
    """`one`, `other`, `alike` as people say it, `judged` as a model does, and whether they are named `by_request`.

    One row a pair, and a second one for a pair that is named by its requests too. `alike` or `judged` may be null.
    Raises LlmcostError, with the line, for what is not a pair and for two different labels of one.
    """
    return _read(*version(path, "labels", _HINT))


@cache
def _read(file: Path, *_version: int) -> "pa.Table":
    """The file as it is now: a search replays the same step many times."""
    import pyarrow as pa

    found: dict[tuple[str, str, bool], tuple[bool | None, bool | None]] = {}
    for line, row in records(file, "labels", _HINT):
        names = next((pair for pair in _PAIRS if row.keys() >= set(pair)), None)
        if names is None:
            raise wrong(file, line, "no two prompts", _HINT)
        for name in names:
            if not str(row[name] or "").strip():
                raise wrong(file, line, f"{name} is empty", _HINT)
        said = _label(file, line, row, names), _value(file, line, "judged", row.get("judged") or "")
        if said == (None, None):
            continue
        for known in (names, _REQUESTS):
            one, other = sorted(str(row.get(name) or "") for name in known)
            if one and found.setdefault((one, other, known == _REQUESTS), said) != said:
                raise wrong(file, line, "a second label for the same pair, and a different one", _HINT)
    if not found:
        raise LlmcostError(f"{file} holds no labels", hint=_HINT)
    ones, others, by_request = zip(*found, strict=True)
    alike, judged = zip(*found.values(), strict=True)
    return pa.table({
        "one": pa.array(ones), "other": pa.array(others), "alike": pa.array(alike, pa.bool_()),
        "judged": pa.array(judged, pa.bool_()), "by_request": pa.array(by_request),
    })  # fmt: skip


def _label(file: Path, line: int, row: Row, names: tuple[str, str]) -> bool | None:
    """What people say; None for a pair that they have not judged yet."""
    name = next((name for name in _LABELS if name in row), None)
    if name is None and "similar" in names:
        return True
    if name is None:
        raise wrong(file, line, "no label", _HINT)
    return _value(file, line, name, row[name])


def _value(file: Path, line: int, name: str, given: object) -> bool | None:
    if given == "":
        return None
    value = _VALUES.get(str(given).strip().lower())
    if value is None:
        raise wrong(file, line, f"{name} is {str(given)[:40]!r}, neither 0 nor 1", _HINT)
    return bool(value)
