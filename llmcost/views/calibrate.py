"""Calibrations: the fitted numbers, their errors, how far to trust them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.numerals import change
from llmcost.render import cells, tables
from llmcost.render.text import visible
from llmcost.render.view import Document, Flat, View
from llmcost.self_hosting.calibrations import as_toml
from llmcost.self_hosting.fitted import Check, Fitted

COLUMNS = ["calibration", "step", "metric", "unit", "measured", "fitted", "fit_error", "held_back", "held_back_error"]
_MEANINGS = {
    "fixed_s": "every iteration",
    "weights_s": "to read the weights; or,",
    "per_token_s": "where that is longer, for each token multiplied with them",
    "per_kv_token_s": "for each token of context of each generating request",
    "per_chunk_context_s": "for each pair of prompt token and token it attends to",
    "per_sequence_s": "for each sequence that gets a token: sampling, detokenizing, streaming",
}


@dataclass(frozen=True)
class CalibrateView(View):
    """The calibrations; times in seconds, errors as shares."""

    found: Sequence[Fitted]
    refused: Sequence[str]
    kept: Path | None

    def document(self) -> Document:
        return {
            "calibrations": [
                {
                    "name": one.calibration.name,
                    **{name: value for name, value in vars(one.calibration).items() if name != "time"},
                    "iteration_time": asdict(one.calibration.time),
                    "checks": [_row(one, check) for check in one.checks],
                    "trust": one.trust,
                    "toml": as_toml(one.calibration),
                }
                for one in self.found
            ],
            "not_calibrated": list(self.refused),
            "written_to": None if self.kept is None else str(self.kept),
        }

    def flat(self) -> Flat:
        """One row for each check."""
        return Flat([_row(one, check) for one in self.found for check in one.checks], COLUMNS)

    def screen(self, *, details: bool) -> RenderableType:
        parts: list[RenderableType] = []
        for one in self.found:
            parts += [_times(one), _checks(one), tables.Bullets("How far to trust it", one.trust)]
        parts.append(tables.Bullets("Measured, but not calibrated", self.refused, "yellow"))
        if self.kept is None:
            parts.append(Text("Nothing was written. In llmcost.toml this would be:\n", style="bold"))
            parts += [Text(as_toml(one.calibration)) for one in self.found]
        else:
            said = f"Written to {visible(str(self.kept))}: replays on the same GPU and model use it from now on."
            parts.append(Text(said, style="bold"))
        return Group(*parts)


def _row(one: Fitted, check: Check) -> dict[str, Any]:
    errors = {"fit_error": check.fit_error, "held_back_error": check.held_back_error}
    return {"calibration": one.calibration.name} | asdict(check) | errors


def _times(one: Fitted) -> RenderableType:
    times = asdict(one.calibration.time)
    rows = [[Text(name), Text(f"{times[name]:.4g}"), Text(meaning)] for name, meaning in _MEANINGS.items()]
    columns = [tables.name("seconds an iteration"), tables.number(""), tables.words("for what")]
    return tables.Table(columns, rows, f"{one.calibration.name}: {visible(one.calibration.source)}")


def _checks(one: Fitted) -> RenderableType:
    steps = any(check.step for check in one.checks)
    rows = [
        [
            *([cells.name(check.step)] if steps else []),
            Text(check.metric),
            Text(f"{check.measured:,.2f} {check.unit}"),
            Text(f"{check.fitted:,.2f} {check.unit}"),
            _signed(check.fit_error),
            _signed(check.held_back_error),
        ]
        for check in one.checks
    ]
    columns = [
        *([tables.name("step")] if steps else []), tables.name("metric"), tables.number("measured", 1),
        tables.number("replayed", 1), tables.number("error"), tables.number("held back", 2),
    ]  # fmt: skip
    return tables.Table(columns, rows)


def _signed(error: float | None) -> Text:
    return Text("–", style="dim") if error is None else Text(change(error))
