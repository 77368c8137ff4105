"""The calibrations that are known: those shipped, and the user's own in `llmcost.toml`."""

import datetime
import re
import tomllib
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from llmcost import config
from llmcost.errors import LlmcostError
from llmcost.self_hosting.catalogue import OWN_FILE, read_tables
from llmcost.self_hosting.fitting import QUANTIZATIONS, Quantization
from llmcost.self_hosting.timing import IterationTime

# An entry as `as_toml` writes it: its heading and the lines up to an empty one or the next heading.
_ENTRY = r"^\[calibrations\.{}\]\n(?:[^\[\n].*\n?)*\n?"
_TIMES = tuple(field.name for field in fields(IterationTime))


@dataclass(frozen=True)
class Calibration:
    """Iteration times that were fitted to a measurement."""

    gpu: str  # the catalogue's name
    gpus: int
    model: str  # the catalogue's name
    quantization: Quantization
    time: IterationTime
    source: str  # what was measured
    date: datetime.date  # when

    @property
    def name(self) -> str:
        """What distinguishes it from others."""
        cards = self.gpu if self.gpus == 1 else f"{self.gpus}x {self.gpu}"
        return f"{cards} {self.model}{'' if self.quantization == 'none' else ' ' + self.quantization}".lower()


def load(own: Path | None = None) -> list[Calibration]:
    """The shipped ones, then the user's own; LlmcostError naming one that is not of the right form."""
    own = own or config.path()
    found: dict[str, Calibration] = {}
    for file in (Path(__file__).parent / "calibrations.toml", *([own] if own else [])):
        for name, entry in read_tables(file).get("calibrations", {}).items():
            found.pop(name, None)  # the later one also comes later
            found[name] = _build(file, name, entry)
    return list(found.values())


def as_toml(calibration: Calibration) -> str:
    """The calibration as `llmcost.toml` holds it."""
    lines = [f'[calibrations."{calibration.name}"]']
    for name in ("gpu", "gpus", "model", "quantization"):
        value = getattr(calibration, name)
        lines.append(f"{name} = {value}" if isinstance(value, int) else f"{name} = {_quoted(value)}")
    lines += [f"{name} = {value:.4g}" for name, value in zip(_TIMES, astuple(calibration.time), strict=True)]
    lines += [f"source = {_quoted(calibration.source)}", f"date = {calibration.date.isoformat()}"]
    return "\n".join(lines) + "\n"


def save(calibration: Calibration, path: Path | None = None) -> Path:
    """Writes the calibration into the user's `llmcost.toml`, in place of one of the same name. Returns the file.

    Everything else in the file stays as it is, to the letter. Raises LlmcostError where the file is not TOML, cannot
    be written, or holds the calibration in a form that cannot be taken out.
    """
    path = path or config.path() or Path(OWN_FILE)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    others = _without(path, calibration.name, read_tables(path)) if text else {}
    kept = re.sub(_ENTRY.format(re.escape(_quoted(calibration.name))), "", text, flags=re.MULTILINE)
    if tomllib.loads(kept) != others:
        raise LlmcostError(
            f'{path} already has a calibration "{calibration.name}"', hint="remove that entry to replace it"
        )
    separator = "\n" if kept and not kept.endswith("\n\n") else ""
    try:
        path.write_text(kept + separator + as_toml(calibration), encoding="utf-8")
    except OSError as error:
        raise LlmcostError(f"{path} cannot be written: {error.strerror}", hint="or print it: --dry-run") from None
    return path


def _without(path: Path, name: str, tables: dict[str, Any]) -> dict[str, Any]:
    """The file's tables less one calibration."""
    entries = tables.get("calibrations", {})
    if not isinstance(entries, dict):
        raise LlmcostError(f"{path}: calibrations is not a table", hint='an entry begins with [calibrations."NAME"]')
    left = {key: value for key, value in entries.items() if key != name}
    return {key: value for key, value in tables.items() if key != "calibrations"} | (
        {"calibrations": left} if left else {}
    )


def _quoted(text: str) -> str:
    """A TOML basic string: it escapes what JSON escapes, and a little less."""
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _build(file: Path, name: str, entry: Any) -> Calibration:
    try:
        values = dict(entry)
        time = IterationTime(*(float(values.pop(part)) for part in _TIMES))
        calibration = Calibration(time=time, **values)
    except (KeyError, TypeError, ValueError) as error:
        raise LlmcostError(f"{file}: the calibration {name} is malformed: {error}") from None
    if calibration.quantization not in QUANTIZATIONS or min(astuple(time)) < 0:
        raise LlmcostError(f"{file}: the calibration {name} has an invalid quantization or time")
    return calibration
