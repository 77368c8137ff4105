"""Tables that a user brings with the log, such as outcomes and labels: CSV, JSON, JSONL or Parquet, row by row."""

import csv
import json
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from llmcost.errors import LlmcostError

Row = dict[str, Any]

YES_OR_NO = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}


def version(path: str, kind: str, hint: str) -> tuple[Path, int, int]:
    """The file's path, size and time: what was read from it is valid until they change.

    Raises LlmcostError, which calls it a `kind` file and gives the `hint`, where there is none.
    """
    file = Path(path).absolute()
    try:
        seen = file.stat()
    except OSError as error:
        raise LlmcostError(f"the {kind} file {path} cannot be read: {error.strerror}", hint=hint) from None
    if stat.S_ISCHR(seen.st_mode) or stat.S_ISBLK(seen.st_mode):  # it may have no end
        raise LlmcostError(f"the {kind} file {path} is a device", hint=hint)
    return file, seen.st_size, seen.st_mtime_ns


def records(file: Path, kind: str, hint: str) -> Iterator[tuple[int, Row]]:
    """The file's rows with their lines, or their numbers where it has no lines. Raises LlmcostError as `version`."""
    try:
        for line, row in _rows(file):
            if not isinstance(row, dict):
                raise wrong(file, line, "no object with named values", hint)
            yield line, row
    except OSError as error:
        raise LlmcostError(f"the {kind} file {file} cannot be read: {error.strerror}", hint=hint) from None
    except (ValueError, csv.Error, RecursionError) as error:
        said = str(error).splitlines()[0]
        named = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} file"
        raise LlmcostError(f"{file} is not {named}: {said}", hint=f"CSV, JSON, JSONL or Parquet; {hint}") from None


def wrong(file: Path, line: int, why: str, hint: str) -> LlmcostError:
    """What to raise for an invalid row."""
    return LlmcostError(f"{file}:{line}: {why}", hint=hint)


def _rows(file: Path) -> Iterable[tuple[int, Any]]:
    if file.suffix == ".parquet":
        import pyarrow.parquet

        yield from enumerate(pyarrow.parquet.read_table(file).to_pylist(), start=1)
        return
    if file.suffix == ".json" and (whole := file.read_text(encoding="utf-8-sig")).lstrip().startswith("["):
        yield from enumerate(json.loads(whole), start=1)
        return
    with file.open(encoding="utf-8-sig", newline="") as lines:
        if file.suffix in (".jsonl", ".ndjson", ".json"):
            yield from ((number, json.loads(line)) for number, line in enumerate(lines, start=1) if line.strip())
            return
        csv.field_size_limit(1 << 30)
        rows = csv.DictReader(lines)
        yield from ((rows.line_num, row) for row in rows)
