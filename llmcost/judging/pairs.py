"""The file of pairs: what is to be judged, what has been, and by whom."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from llmcost import files
from llmcost.errors import LlmcostError

JUDGED, JUDGE = "judged", "judge"
"""Columns for a model's answers, 1, 0 or empty, and for the model that gave them; `label` stays for people."""

_NEEDED = ("prompt_1", "prompt_2")
_HINT = "write one with: llmcost simulate --what-if semantic-caching --sample-hits 200 -o pairs.csv"


@dataclass(frozen=True)
class Pairs:
    """The file's rows; they change as answers come."""

    file: Path
    columns: list[str]
    rows: list[dict[str, str]]

    def unanswered(self, model: str) -> list[dict[str, str]]:
        """The rows that this model has not judged, whether people have labelled them or not."""
        return [row for row in self.rows if row[JUDGE] != model or not row[JUDGED]]

    def save(self) -> None:
        """Rewrites the file, whole or not at all."""
        out = io.StringIO()
        writer = csv.DictWriter(out, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        files.write(self.file, out.getvalue())


def read(file: Path) -> Pairs:
    """The pairs of a CSV file. Raises LlmcostError for one that cannot be read or names no pairs."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            csv.field_size_limit(1 << 30)
            reader = csv.DictReader(lines, restval="")
            columns = list(reader.fieldnames or [])
            rows = [{name: row[name] or "" for name in columns} for row in reader]
    except OSError as error:
        raise LlmcostError(f"{file} cannot be read: {error.strerror}", hint=_HINT) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise LlmcostError(f"{file} is no CSV file: {error}", hint=_HINT) from None
    if not set(_NEEDED) <= set(columns):
        raise LlmcostError(f"{file} has no columns {' and '.join(_NEEDED)}", hint=_HINT)
    if not rows:
        raise LlmcostError(f"{file} holds no pairs", hint=_HINT)
    columns += [name for name in (JUDGED, JUDGE) if name not in columns]
    return Pairs(file, columns, [{JUDGED: "", JUDGE: "", **row} for row in rows])
