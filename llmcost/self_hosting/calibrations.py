"""The calibrations that are known: those shipped, and the user's own in `llmcost.toml`."""

import datetime
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost import config, files
from llmcost.errors import LlmcostError
from llmcost.self_hosting.catalogue import OWN_FILE, read_tables
from llmcost.self_hosting.quantization import QUANTIZATIONS, Quantization
from llmcost.self_hosting.timing import IterationTime

if TYPE_CHECKING:
    import tomlkit

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
    import tomlkit

    document = tomlkit.document()
    _put(document, calibration)
    return document.as_string()


def save(calibration: Calibration, path: Path | None = None) -> Path:
    """Writes the calibration into the user's `llmcost.toml`, in place of one of the same name. Returns the file.

    Everything else in the file stays as it is, to the letter. Raises LlmcostError where the file is not TOML, cannot be
    written, or holds its calibrations in a form that cannot be extended.
    """
    import tomllib

    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = path or config.path() or Path(OWN_FILE)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    expected: dict[str, Any] = read_tables(path) if text else {}
    others = expected.get("calibrations", {})
    if not isinstance(others, dict):
        raise LlmcostError(f"{path}: calibrations is not a table", hint='an entry begins with [calibrations."NAME"]')
    added = tomllib.loads(as_toml(calibration))["calibrations"]
    try:
        document = tomlkit.parse(text)
        _put(document, calibration)
        made = document.as_string()
        is_as_expected = tomllib.loads(made) == expected | {"calibrations": others | added}
    except (TOMLKitError, ValueError):
        is_as_expected = False
    if not is_as_expected:
        raise LlmcostError(
            f"{path} holds its calibrations in a form that cannot be extended",
            hint='begin each with [calibrations."NAME"]',
        )
    files.write(path, made)
    return path


def _put(document: "tomlkit.TOMLDocument", calibration: Calibration) -> None:
    """Puts a calibration into a document, last of all, or in place of one of its name."""
    import tomlkit

    entry = tomlkit.table()
    for name in ("gpu", "gpus", "model", "quantization"):
        entry.add(name, getattr(calibration, name))
    for name, value in zip(_TIMES, astuple(calibration.time), strict=True):
        entry.add(name, float(f"{value:.4g}"))
    entry.add("source", calibration.source)
    entry.add("date", calibration.date)
    known: Any = document.setdefault("calibrations", tomlkit.table(is_super_table=True))
    known[calibration.name] = entry


def _build(file: Path, name: str, entry: Any) -> Calibration:
    try:
        values = dict(entry)
        time = IterationTime(**{part: float(values.pop(part)) for part in _TIMES if part in values})
        calibration = Calibration(time=time, **values)
    except (KeyError, TypeError, ValueError) as error:
        raise LlmcostError(f"{file}: the calibration {name} is malformed: {error}") from None
    if calibration.quantization not in QUANTIZATIONS or min(astuple(time)) < 0:
        raise LlmcostError(f"{file}: the calibration {name} has an invalid quantization or time")
    return calibration
