"""The calibrations that are known: those shipped, and the user's own in `llmcost.toml`."""

import datetime
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from llmcost.errors import LlmcostError
from llmcost.self_hosting.catalogue import OWN_FILE, read_tables
from llmcost.self_hosting.fitting import QUANTIZATIONS, Quantization
from llmcost.self_hosting.timing import IterationTime

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
        """What tells it from others."""
        cards = self.gpu if self.gpus == 1 else f"{self.gpus}x {self.gpu}"
        return f"{cards} {self.model}{'' if self.quantization == 'none' else ' ' + self.quantization}".lower()


def load(own: Path | None = None) -> list[Calibration]:
    """The shipped ones, then the user's own; LlmcostError naming one that is not of the right form."""
    files = (Path(__file__).parent / "calibrations.toml", own or Path(OWN_FILE))
    found: dict[str, Calibration] = {}
    for file in files:
        if own is None and file == files[1] and not file.exists():
            continue
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


def save(calibration: Calibration, path: Path = Path(OWN_FILE)) -> None:
    """Appends the calibration to the user's own; LlmcostError where one of that name is already there."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if calibration.name in read_tables(path).get("calibrations", {}) if path.exists() else {}:
        raise LlmcostError(
            f'{path} already has a calibration "{calibration.name}"', hint="take that entry out to replace it"
        )
    separator = "\n" if text and not text.endswith("\n\n") else ""
    path.write_text(text + separator + as_toml(calibration), encoding="utf-8")


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
        raise LlmcostError(f"{file}: the calibration {name} is not of the right form: {error}") from None
    if calibration.quantization not in QUANTIZATIONS or min(astuple(time)) < 0:
        raise LlmcostError(f"{file}: the calibration {name} has a quantization or a time that cannot be")
    return calibration
