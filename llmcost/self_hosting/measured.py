"""Calibrations from what `llmcost bench-gpu` stored: rows of the table `measurements`, one finished step each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from llmcost.errors import LlmcostError
from llmcost.self_hosting.calibrate import from_runs, from_steps
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue
from llmcost.self_hosting.fitting import QUANTIZATIONS, Fit, Quantization, check
from llmcost.self_hosting.recorded import Run
from llmcost.self_hosting.replay import Engine, Traffic
from llmcost.self_hosting.timing import by_datasheet

Row = Mapping[str, Any]


def calibrations(rows: Iterable[Row], catalogue: Catalogue) -> list[Calibration]:
    """One calibration for each engine, GPU, model and quantization among the rows.

    Raises LlmcostError for a GPU or a model that the catalogue does not know, and where there is nothing to fit.
    """
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if row["gpu"]:
            key = (row["engine"], row["gpu"], row["gpus"] or 1, row["model"], row["quantization"] or "none")
            groups[key].append(row)
    if not groups:
        raise LlmcostError("no measurement was made on a GPU", hint="make some with: llmcost bench-gpu")
    return [_calibration(group, catalogue) for group in groups.values()]


def _calibration(rows: list[Row], catalogue: Catalogue) -> Calibration:
    row = rows[0]
    model, gpu = catalogue.model(row["model"]), catalogue.gpu(row["gpu"])
    quantization: Quantization = next((known for known in QUANTIZATIONS if known == row["quantization"]), "none")
    fit = check(catalogue, model, quantization, gpu, row["gpus"] or 1)
    guess = by_datasheet(model, quantization, gpu, fit.gpus)
    if row["engine"] == "torch":
        time = from_steps([step for row in rows for step in _steps(row)], guess)
    else:
        runs = [_run(row, fit) for row in rows if row["trace"]]
        if not runs:
            raise LlmcostError(f"no measured request of {model.name} on {gpu.name} is stored")
        time = from_runs(runs, guess)
    requests = sum(int(row["ok"]) for row in rows)
    how = "plain torch, static batches" if row["engine"] == "torch" else f"{row['server']} {row['server_version']}"
    source = f"bench-gpu, {how}, {len(rows)} steps, {requests} requests"
    return Calibration(
        gpu.name, fit.gpus, model.name, quantization, time, source, max(row["ts"] for row in rows).date()
    )


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
        engine=Engine(kv_blocks=fit.kv_blocks),
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
