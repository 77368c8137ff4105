"""What looks like a secret in a text: the rules of `queries/facts/secrets.toml`, and texts decoded to be searched."""

import base64
import re
import string
import tomllib
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

import numpy as np
import pyarrow as pa

from llmcost.engine import registry
from llmcost.engine.store import Store

_TOKEN = "[A-Za-z0-9_-]"
_WORD = "[A-Za-z_-]"
_VALUE = r"[!#%&*+./0-9:=?@A-Z^_a-z~\x{A0}-\x{24F}-]"
_NAME = r"[.:A-Z_a-z\x{A0}-\x{24F}-]"
_MARK = "[0-9!#%&*+/=?@^~]"
_PARTS = {
    "<any>": _VALUE,
    "<start>": r"(?:\b|\\[nrtbf])",
    "<16>": f"(?:{_WORD}{{0,7}}[0-9]{_TOKEN}{{11,}}|{_WORD}{{8,}}[0-9]{_TOKEN}{{4,}})",
    "<value>": f"(?:{_NAME}{{0,4}}{_MARK}{_VALUE}{{4,}}|{_NAME}{{5,}}{_MARK}{_VALUE}*)",
}
"""What patterns call by a name; RE2 does not look ahead, so that the place of the digit decides the count behind it."""
_BOUNDARY = r"(^|[^A-Za-z0-9_-]|\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})"
"""What comes before a token; an escape of JSON or of an address ends in a letter or a digit."""

_ROUNDS = 3
"""How often a text is decoded: JSON in JSON in JSON."""
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_ESCAPE = re.compile(r'\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|["\\/bfnrt])')
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_IN_RUNS = f"{string.ascii_letters}{string.digits}+/_-"
_SHORTEST_RUN, _LONGEST_RUN = 24, 1 << 16
_RUN = re.compile(f"(?<![{_IN_RUNS}])[{_IN_RUNS}]{{{_SHORTEST_RUN},}}={{0,2}}")
_PLAIN = {"b": " ", "f": " ", "n": "\n", "r": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/"}


def document() -> list[dict[str, Any]]:
    """The kinds of secrets, as the file has them."""
    with (registry.queries_dir() / "facts" / "secrets.toml").open("rb") as file:
        kinds: list[dict[str, Any]] = tomllib.load(file)["kinds"]
    return kinds


@cache
def pattern() -> str:
    """One regular expression of RE2 for every kind; what comes before a token is its first group."""
    apart: list[str] = []
    anywhere: list[str] = []
    for kind in document():
        (apart if kind.get("apart") else anywhere).append(_expanded(kind["pattern"]))
    return f"{_BOUNDARY}(?:{'|'.join(apart)})|{'|'.join(anywhere)}"


def prepare(store: Store) -> None:
    """Makes the rules known to this connection: the macros of `queries/ingest` ask for them."""
    store.function("decoded", _decoded, ["VARCHAR"], "VARCHAR")
    quoted = pattern().replace("'", "''")
    store.execute(f"create or replace temp macro secret_pattern() as '{quoted}'")


def decoded(text: str) -> str:
    """The text with escapes of JSON, percent and base64 taken out, so that what they hide can be searched."""
    for _ in range(_ROUNDS):
        before = text
        if not text.isascii():
            text = _UNSEEN.sub("", text)
        if "\\" in text:
            text = _ESCAPE.sub(_character, text)
        if "%" in text:
            text = _PERCENT.sub(lambda match: unquote_to_bytes(match[0]).decode("utf-8", "replace"), text)
        if _has_run(text):
            text = _RUN.sub(_said_in_base64, text)
        if text == before:
            break
    return text


def _has_run(text: str) -> bool:
    """Whether a run is long enough to be base64: a seventh of the time that the expression takes."""
    others = np.flatnonzero(~_is_in_runs()[np.frombuffer(text.encode("ascii", "replace"), np.uint8)])
    ends = np.concatenate(([-1], others, [len(text)]))
    return bool(np.diff(ends).max() > _SHORTEST_RUN)


@cache
def _is_in_runs() -> np.ndarray:
    return np.isin(np.arange(256), np.frombuffer(_IN_RUNS.encode(), np.uint8))


def _character(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "ux":
        found = chr(int(code[1:], 16))
        return "\ufffd" if "\ud800" <= found <= "\udfff" else found
    return _PLAIN[code]


def _said_in_base64(match: re.Match[str]) -> str:
    run = match[0]
    if len(run) > _LONGEST_RUN:
        return run
    if len(run) == 40 and _is_mixed(run):  # a bare secret of Amazon's
        return f"secret={run}"
    try:
        found = base64.b64decode(run.replace("-", "+").replace("_", "/").rstrip("=") + "==").decode("ascii")
    except ValueError:
        return run
    return found if found.replace("\n", "").isprintable() else run


def _is_mixed(run: str) -> bool:
    """Whether a run is random: letters of both cases, digits and marks of base64, and no path."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(sum(kind(it) for it in run) >= 3 for kind in kinds) and run.count("/") <= 4 and not set("_-") & set(run)


def _expanded(text: str) -> str:
    for name, part in _PARTS.items():
        text = text.replace(name, part)
    return text


def _decoded(texts: pa.ChunkedArray) -> pa.Array:
    return pa.array([decoded(text) for text in texts.to_pylist()], pa.string())
