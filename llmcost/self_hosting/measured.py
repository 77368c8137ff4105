"""What `llmcost bench-gpu` stored, to be calibrated on: rows of `measurements`, one finished step each."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmcost.bench_gpu.session import title
from llmcost.errors import LlmcostError
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue
from llmcost.self_hosting.fitting import Fit, check
from llmcost.self_hosting.quantization import QUANTIZATIONS, Quantization
from llmcost.self_hosting.recorded import Run
from llmcost.self_hosting.replay import Traffic, engine_on
from llmcost.self_hosting.timing import IterationTime, by_datasheet

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Group:
    """The steps of one engine on one GPU with one model and quantization."""

    fit: Fit
    rows: list[Row]
    source: str
    date: datetime.date

    def named(self, time: IterationTime) -> Calibration:
        """The times under this group's names."""
        fit = self.fit
        return Calibration(fit.gpu.name, fit.gpus, fit.model.name, fit.quantization, time, self.source, self.date)

    @property
    def guess(self) -> IterationTime:
        """What the datasheet makes of it."""
        return by_datasheet(self.fit.model, self.fit.quantization, self.fit.gpu, self.fit.gpus)

    @property
    def is_torch(self) -> bool:
        """Measured in plain torch, static batches without a scheduler."""
        return bool(self.rows[0]["engine"] == "torch")

    @property
    def runs(self) -> dict[str, Run]:
        """A server's steps as runs, by what tells them apart."""
        return {name: _run(row, self.fit) for name, row in _titled(self.rows).items() if row["trace"]}

    @property
    def batches(self) -> dict[str, list[dict[str, Any]]]:
        """Torch's steps, each as one that reads a prompt and one that generates."""
        return {name: steps for name, row in _titled(self.rows).items() if (steps := _steps(row))}


def grouped(rows: Iterable[Row], catalogue: Catalogue) -> tuple[list[Group], list[LlmcostError]]:
    """One group for each engine, GPU, model and quantization among the rows; and why others make none.

    Raises LlmcostError where nothing was measured on a GPU.
    """
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if row["gpu"]:
            key = (row["engine"], row["gpu"], row["gpus"] or 1, row["model"], row["quantization"] or "none")
            found[key].append(row)
    if not found:
        raise LlmcostError("no measurement was made on a GPU", hint="make some with: llmcost bench-gpu")
    groups, refused = [], []
    for alike in found.values():
        try:
            groups.append(_group(alike, catalogue))
        except LlmcostError as error:
            refused.append(error)
    return groups, refused


def _group(rows: list[Row], catalogue: Catalogue) -> Group:
    row = rows[0]
    model, gpu = catalogue.model(row["model"]), catalogue.gpu(row["gpu"])
    quantization: Quantization = next((known for known in QUANTIZATIONS if known == row["quantization"]), "none")
    fit = check(catalogue, model, quantization, gpu, row["gpus"] or 1)
    requests = sum(int(row["ok"]) for row in rows)
    how = "plain torch, static batches" if row["engine"] == "torch" else f"{row['server']} {row['server_version']}"
    source = f"bench-gpu, {how}, {len(rows)} steps, {requests} requests"
    return Group(fit, rows, source, max(row["ts"] for row in rows).date())


def _titled(rows: Iterable[Row]) -> dict[str, Row]:
    """The steps by what tells them apart: their load, and when the same was measured again, how often before."""
    found: dict[str, Row] = {}
    for row in rows:
        name, times = title(row), 2
        while name in found:
            name, times = f"{title(row)}, time {times}", times + 1
        found[name] = row
    return found


def _run(row: Row, fit: Fit) -> Run:
    """A load step as a run, as its client saw it."""
    trace = sorted(row["trace"], key=lambda request: request["sent_s"])
    column = {name: np.array([request[name] for request in trace], dtype=np.float64)
              for name in ("sent_s", "input_tokens", "output_tokens", "ttft_ms", "e2e_ms")}  # fmt: skip
    sent_s = column["sent_s"]
    return Run(
        traffic=Traffic(sent_s, column["input_tokens"].astype(np.int64), column["output_tokens"].astype(np.int64)),
        taken_s=None,
        first_token_s=sent_s + column["ttft_ms"] / 1e3,
        last_token_s=sent_s + column["e2e_ms"] / 1e3,
        engine=engine_on(fit),
        gpu=fit.gpu.name,
        gpus=fit.gpus,
        copies=1,
        model=fit.model.name,
        quantization=fit.quantization,
        source="bench-gpu",
        date=row["ts"].date(),
    )


def _steps(row: Row) -> list[dict[str, Any]]:
    """A static batch as one reading step and one generating step, at the mean context of the latter."""
    batch, prompt, output = row["concurrency"], row["input_tokens_asked"], row["output_tokens_asked"]
    steps = []
    if row["prefill_tokens_per_s"]:
        steps.append({"phase": "prefill", "batch": batch, "context_tokens": prompt,
                      "seconds": batch * prompt / row["prefill_tokens_per_s"]})  # fmt: skip
    if row["decode_tokens_per_s"]:
        steps.append({"phase": "decode", "batch": batch, "context_tokens": prompt + output / 2,
                      "seconds": batch / row["decode_tokens_per_s"]})  # fmt: skip
    return steps
