"""Calibrations: the fitted numbers, their errors, how far to trust them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import terminal
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
        """One row a check."""
        return Flat([_row(one, check) for one in self.found for check in one.checks], COLUMNS)

    def screen(self) -> RenderableType:
        parts: list[RenderableType] = []
        for one in self.found:
            parts += [_times(one), _checks(one), terminal.bullets("How far to trust it", one.trust)]
        if self.refused:
            parts.append(terminal.bullets("Measured, but not calibrated", self.refused, "yellow"))
        if self.kept is None:
            parts.append(Text("Nothing was written. As llmcost.toml would hold it:\n", style="bold"))
            parts += [Text(as_toml(one.calibration)) for one in self.found]
        else:
            said = f"Written to {self.kept}: replays on the same GPU and model now stand on it."
            parts.append(Text(said, style="bold"))
        return Group(*parts)


def _row(one: Fitted, check: Check) -> dict[str, Any]:
    errors = {"fit_error": check.fit_error, "held_back_error": check.held_back_error}
    return {"calibration": one.calibration.name} | asdict(check) | errors


def _times(one: Fitted) -> RenderableType:
    times = asdict(one.calibration.time)
    cells = [[Text(name), Text(f"{times[name]:.4g}"), Text(meaning)] for name, meaning in _MEANINGS.items()]
    headings = [("seconds an iteration", "left"), ("", "right"), ("for what", "left")]
    return terminal.table(headings, cells, title=f"{one.calibration.name}: {one.calibration.source}")


def _checks(one: Fitted) -> RenderableType:
    steps = any(check.step for check in one.checks)
    cells: list[list[RenderableType]] = [
        [
            *([terminal.name(check.step, 44)] if steps else []),
            Text(check.metric),
            Text(f"{check.measured:,.2f} {check.unit}"),
            Text(f"{check.fitted:,.2f} {check.unit}"),
            _signed(check.fit_error),
            _signed(check.held_back_error),
        ]
        for check in one.checks
    ]
    headings = [*([("step", "left")] if steps else []), ("metric", "left"), ("measured", "right"),
                ("replayed", "right"), ("error", "right"), ("held back", "right")]  # fmt: skip
    return terminal.table(headings, cells)


def _signed(error: float | None) -> Text:
    return Text("–", style="dim") if error is None else Text(f"{error:+.1%}")
