"""What a store shows of a line that it could not take, when it keeps no texts: how the line is built."""

import re

import pyarrow as pa

from llmcost.engine.store import Store

_PIECES = re.compile(
    r'"(?P<text>(?:[^"\\]|\\.)*)"?(?P<colon>\s*:)?|(?P<mark>[{}\[\],:])|(?P<space>\s+)'
    r"|(?P<word>(?:true|false|null|-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,3})?)(?=\s*[,}\]]|\s*$))"
    r'|(?P<other>[^{}\[\],:"\s]+)',
    re.DOTALL,
)
_FIELD = re.compile(r"[A-Za-z_$@][A-Za-z0-9_.$@-]{0,39}")
_LONGEST = 300


def structure(line: str) -> str:
    """How a line is built: keys and numbers of an object, and the lengths of everything else; 300 characters of it."""
    is_object = line.lstrip().startswith(("{", "["))
    made: list[str] = []
    length = 0
    before = ""  # the last mark, where nothing stood behind it
    for piece in _PIECES.finditer(line):
        text = piece["text"]
        if piece["mark"] or piece["space"]:
            part = piece["mark"] or " "
        elif is_object and piece["word"]:
            part = piece["word"]
        elif is_object and text is not None and piece["colon"] and before in ("{", ",") and _FIELD.fullmatch(text):
            part = f'"{text}":'
        else:
            part = f'"…{len(piece[0] if text is None else text)}"{":" if piece["colon"] else ""}'
        before = before if piece["space"] else piece["mark"] or ""
        made.append(part)
        length += len(part)
        if length > _LONGEST:
            break
    return "".join(made)[:_LONGEST].strip()


def prepare(store: Store) -> None:
    """Makes `structure_of` known to this connection."""
    store.function("structure_of", _structures, ["VARCHAR"], "VARCHAR")


def _structures(lines: pa.ChunkedArray) -> pa.Array:
    return pa.array([structure(line) for line in lines.to_pylist()], pa.string())
