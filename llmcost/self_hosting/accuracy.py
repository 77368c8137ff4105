"""How well the replay reproduces a recorded run."""

from collections.abc import Callable
from dataclasses import dataclass

from llmcost.self_hosting.calibrate import engine_of
from llmcost.self_hosting.latency import Latency
from llmcost.self_hosting.recorded import Run
from llmcost.self_hosting.replay import Served, replay_on
from llmcost.self_hosting.timing import IterationTime


@dataclass(frozen=True)
class Comparison:
    """One metric, as it was and as the replay has it."""

    metric: str
    unit: str
    measured: float
    predicted: float

    @property
    def error(self) -> float:
        """The prediction's relative error."""
        return self.predicted / self.measured - 1


def served(run: Run, time: IterationTime) -> Served:
    """The run's traffic, replayed on its server's settings."""
    return replay_on(run.copies, run.traffic, engine_of(run), time)


def compare(run: Run, time: IterationTime) -> list[Comparison]:
    """The run against its replay: means, the slowest hundredth, and how long it all took."""
    measured, predicted = run.latency, run.latency_of(served(run, time))

    def row(metric: str, unit: str, scale: float, pick: Callable[[Latency], float]) -> Comparison:
        return Comparison(metric, unit, pick(measured) * scale, pick(predicted) * scale)

    return [
        row("mean TTFT", "s", 1e-3, lambda latency: latency.ttft_ms.mean),
        row("mean TPOT", "ms", 1, lambda latency: latency.tpot_ms.mean),
        row("mean latency", "s", 1e-3, lambda latency: latency.e2e_ms.mean),
        row("p99 latency", "s", 1e-3, lambda latency: latency.e2e_ms.p99),
        row("makespan", "s", 1, lambda latency: latency.makespan_s),
    ]
