"""A calibration with its errors: how it reproduces what it was fitted to, and what it had not seen.

What was not seen is held back: each step of several in turn; of a single run everything after its first third.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from llmcost.errors import LlmcostError
from llmcost.self_hosting.accuracy import Comparison, compare
from llmcost.self_hosting.calibrate import Step, from_runs, from_steps, guess_for, named, seconds_of
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue
from llmcost.self_hosting.measured import Group, Row, grouped
from llmcost.self_hosting.recorded import Run
from llmcost.self_hosting.timing import IterationTime

_MOST_HELD_BACK = 8  # steps; with more, holding each back in turn takes long and says no more
_LEAST_HELD_BACK = 30  # requests of a single run; with fewer a third is too little to fit to
_PHASES = {"prefill": "prefill step", "decode": "decode step"}
Part = TypeVar("Part")


@dataclass(frozen=True)
class Check:
    """One metric of one step: as it was measured, by the calibration, and by one that had not seen it."""

    step: str
    metric: str
    unit: str
    measured: float
    fitted: float
    held_back: float | None

    @property
    def fit_error(self) -> float:
        """The calibration's relative error."""
        return self.fitted / self.measured - 1

    @property
    def held_back_error(self) -> float | None:
        """The relative error of the one that had not seen it."""
        return None if self.held_back is None else self.held_back / self.measured - 1


@dataclass(frozen=True)
class Fitted:
    """A calibration and how far to trust it."""

    calibration: Calibration
    checks: list[Check]
    trust: list[str]


def from_run(run: Run, catalogue: Catalogue, first: int | None = None) -> Fitted:
    """Fitted to a recorded run, or to the times of its `first` requests only, the others being load.

    Raises LlmcostError where the run does not say how large its server's cache was.
    """
    guess = guess_for(run, catalogue)

    def fit(count: int | None) -> IterationTime:
        return from_runs([run], guess, model=catalogue.known_model(run.model), first=count)

    time = fit(first)
    third = None if first is not None or len(run) < _LEAST_HELD_BACK else len(run) // 3
    checks = _checks("", compare(run, time), compare(run, fit(third)) if third else None)
    if first is not None and first < len(run):
        checks = [replace(check, held_back=check.fitted) for check in checks]
    part = third if first is None else first
    how = f"the whole run, predicted by a fit to the times of its first {part} requests" if part else ""
    calibration = named(run, time, catalogue)
    if first is not None:
        calibration = replace(calibration, source=f"{calibration.source}, fitted to the first {first}")
    trust = [*_trust(checks, how, all_fitted=first is None), *_covered([run]), *_unknown(run, catalogue)]
    return Fitted(calibration, checks, trust)


def from_measurements(rows: Iterable[Row], catalogue: Catalogue) -> tuple[list[Fitted], list[str]]:
    """One for each engine, GPU, model and quantization that bench-gpu measured; and why others have none.

    Raises LlmcostError where there is none at all.
    """
    groups, refused = grouped(rows, catalogue)
    found = []
    for group in groups:
        try:
            found.append(_of_batches(group) if group.is_torch else _of_runs(group))
        except LlmcostError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    return found, [error.message for error in refused]


def _of_runs(group: Group) -> Fitted:
    runs = group.runs
    if not runs:
        raise LlmcostError(f"no measured request of {group.fit.model.name} on {group.fit.gpu.name} is stored")
    time, checks = _leaving_out(runs, lambda some: from_runs(some, group.guess), compare)
    how = "each step, predicted by a fit to the others"
    return Fitted(group.named(time), checks, [*_trust(checks, how), *_covered(list(runs.values()))])


def _of_batches(group: Group) -> Fitted:
    def fit(some: Sequence[Sequence[Step]]) -> IterationTime:
        return from_steps([step for steps in some for step in steps], group.guess)

    def held_against(steps: Sequence[Step], time: IterationTime) -> list[Comparison]:
        predicted = seconds_of(steps, time)
        return [
            Comparison(_PHASES[step["phase"]], "ms", step["seconds"] * 1e3, seconds * 1e3)
            for step, seconds in zip(steps, predicted.tolist(), strict=True)
        ]

    time, checks = _leaving_out(group.batches, fit, held_against)
    best = "measured in plain torch without a server: scheduling, sampling and HTTP come on top, so it is the best case"
    return Fitted(group.named(time), checks, [*_trust(checks, "each step, predicted by a fit to the others"), best])


def _leaving_out(
    parts: Mapping[str, Part],
    fit: Callable[[Sequence[Part]], IterationTime],
    held_against: Callable[[Part, IterationTime], list[Comparison]],
) -> tuple[IterationTime, list[Check]]:
    """Fits to all parts, and compares each with that fit and, if there are several, with one to the others."""
    time = fit(list(parts.values()))
    checks = []
    for name, part in parts.items():
        others = [other for key, other in parts.items() if key != name]
        unseen = held_against(part, fit(others)) if 0 < len(others) < _MOST_HELD_BACK else None
        checks += _checks(name, held_against(part, time), unseen)
    return time, checks


def _checks(step: str, fitted: Sequence[Comparison], unseen: Sequence[Comparison] | None) -> list[Check]:
    held_back = [row.predicted for row in unseen] if unseen else [None] * len(fitted)
    return [
        Check(step, row.metric, row.unit, row.measured, row.predicted, other)
        for row, other in zip(fitted, held_back, strict=True)
        if row.measured > 0  # answers of one token have no time per token
    ]


def _trust(checks: Sequence[Check], how: str, *, all_fitted: bool = True) -> list[str]:
    """The largest errors, in words."""
    words = []
    if all_fitted:
        words.append(
            f"the data it was fitted to is reproduced within {max(abs(check.fit_error) for check in checks):.1%}"
        )
    unseen = [abs(error) for check in checks if (error := check.held_back_error) is not None]
    if unseen:
        words.append(f"{how}, is within {max(unseen):.1%}: expect at least this error on your own traffic")
    else:
        words.append("nothing was held back, so its error on other traffic is unknown: measure several loads")
    return words


def _unknown(run: Run, catalogue: Catalogue) -> list[str]:
    """What has to be entered before a replay can use the calibration."""
    missing = [f'[gpus.NAME] with reported_as = ["{run.gpu}"]'] if catalogue.recognise(run.gpu) is None else []
    if catalogue.known_model(run.model) is None:
        missing.append(f"[models.NAME] for {run.model}")
    if not missing:
        return []
    return [f"not in any table yet: add {' and '.join(missing)} to llmcost.toml and calibrate again to replay on it"]


def _covered(runs: Sequence[Run]) -> list[str]:
    """The lengths that were seen."""
    prompts = [int(end) for run in runs for end in (run.traffic.prompt_tokens.min(), run.traffic.prompt_tokens.max())]
    outputs = [int(end) for run in runs for end in (run.traffic.output_tokens.min(), run.traffic.output_tokens.max())]
    return [
        f"seen: prompts of {min(prompts):,} to {max(prompts):,} tokens, answers of {min(outputs):,} to"
        f" {max(outputs):,}; beyond them it is extrapolated"
    ]
