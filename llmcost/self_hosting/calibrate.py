"""Iteration times fitted to what was measured: recorded runs, or timed single steps.

Both look for the numbers with which the model reproduces the measurement, by damped least squares
(Levenberg-Marquardt) over their logarithms, from a first guess that also holds each number lightly where the
measurement does not tell it apart from the others (the fixed part from the weights, say).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from llmcost.errors import LlmcostError
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue
from llmcost.self_hosting.fitting import DoesNotFitError, check
from llmcost.self_hosting.model import Model
from llmcost.self_hosting.reached import UnknownKernelError
from llmcost.self_hosting.recorded import Run
from llmcost.self_hosting.replay import Engine, Floats, replay_on
from llmcost.self_hosting.timing import IterationTime, by_datasheet, dense_share

Step = Mapping[str, Any]
# How far, as a factor's logarithm, each number may stray from a datasheet's guess at the cost of one residual.
# Attention within prompts is too short to see and stays as guessed, and so does what the guess has none of.
_LOOSENESS = {"fixed_s": 1.0, "weights_s": 0.3, "per_token_s": 0.3, "per_kv_token_s": 0.4, "per_sequence_s": 0.5}
_HOLD = 0.05  # the weight of that guess against one request's relative error
_STEP = 0.03  # for derivatives: wide enough to look over the jumps of single scheduling decisions
_STARTS = (-0.2, 0.0, 0.2)  # the whole guess made faster or slower, to leave a poor valley
_ROUNDS = 25
_UNGUESSED = 4.0  # how much looser a guess from the run itself holds than one from a datasheet


def from_runs(
    runs: Sequence[Run],
    guess: IterationTime | None = None,
    *,
    model: Model | None = None,
    first: int | None = None,
    until_s: float = np.inf,
) -> IterationTime:
    """Fitted to recorded runs of one server: to each request's first and last token, and to the mean TTFT.

    `first`: compare only that many requests of each run; the others' arrivals and lengths count as load, their
    times are not looked at. `until_s`: compare only tokens that came before. Without a guess the first run gives
    one, with the experts of its `model` where that is known.
    """
    parts = [_residuals_of(run, len(run) if first is None else first, until_s) for run in runs]

    def residuals(time: IterationTime) -> Floats:
        return np.concatenate([part(time) for part in parts])

    return _least_squares(residuals, guess or _guess_from(runs[0], model), 1.0 if guess else _UNGUESSED)


def _residuals_of(run: Run, first: int, until_s: float) -> Callable[[IterationTime], Floats]:
    engine = engine_of(run)
    chosen = np.arange(len(run)) < first
    began, ended = chosen & (run.first_token_s <= until_s), chosen & (run.last_token_s <= until_s)
    if not ended.any():
        raise LlmcostError("no request ended in the part of the run to fit")
    total_s = run.last_token_s - run.traffic.arrival_s
    several = (run.traffic.output_tokens > 1) & ended
    generating_s = run.last_token_s - run.first_token_s
    ttft_s = (run.first_token_s - run.start_s)[began].mean()

    def residuals(time: IterationTime) -> Floats:
        served = replay_on(run.copies, run.traffic, engine, time)
        begin = ((served.first_token_s - run.first_token_s) / total_s)[began]
        end = ((served.last_token_s - run.last_token_s) / total_s)[ended]
        between = (served.last_token_s - served.first_token_s)[several] / generating_s[several] - 1
        mean = (served.first_token_s - run.start_of(served))[began].mean() / ttft_s - 1
        return np.concatenate([begin, end, between, [mean * np.sqrt(began.sum())]])

    return residuals


def from_steps(rows: Sequence[Step], guess: IterationTime) -> IterationTime:
    """Fitted to single timed steps, as a plain engine without a scheduler measures them."""
    if not rows:
        raise LlmcostError("there are no timed steps to calibrate on", hint="measure some with: llmcost bench-gpu")
    seconds = np.array([row["seconds"] for row in rows], dtype=np.float64)
    return _least_squares(lambda time: seconds_of(rows, time) / seconds - 1, guess, 1.0)


def seconds_of(rows: Sequence[Step], time: IterationTime) -> Floats:
    """How long each of the steps takes by these iteration times.

    Each row needs `phase` (`decode` or `prefill`), `batch` and `context_tokens` (of each sequence: what it attends to
    when generating, the prompt's length when reading it).
    """
    decode = np.array([row["phase"] == "decode" for row in rows])
    batch = np.array([row["batch"] for row in rows], dtype=np.float64)
    context = np.array([row["context_tokens"] for row in rows], dtype=np.float64)
    tokens = np.where(decode, batch, batch * context)
    kv_tokens = np.where(decode, batch * context, 0.0)
    chunk_context = np.where(decode, 0.0, batch * context * (context + 1) / 2)
    return np.asarray(
        time.fixed_s
        + np.maximum(time.weights_read_s(tokens), time.per_token_s * tokens)
        + time.per_kv_token_s * kv_tokens
        + time.per_chunk_context_s * chunk_context
        + time.per_sequence_s * batch
    )


def guess_for(run: Run, catalogue: Catalogue) -> IterationTime | None:
    """The datasheet's guess at the run's iteration times; None where its GPU or its model is unknown."""
    gpu = catalogue.recognise(run.gpu)
    model = catalogue.known_model(run.model)
    try:
        return by_datasheet(model, run.quantization, gpu, run.gpus) if gpu and model else None
    except UnknownKernelError:
        return None


def named(run: Run, time: IterationTime, catalogue: Catalogue) -> Calibration:
    """The times under the catalogue's names for the run's GPU and model, where it knows them."""
    gpu, model = catalogue.recognise(run.gpu), catalogue.known_model(run.model)
    return Calibration(
        gpu.name if gpu else run.gpu, run.gpus, model.name if model else run.model, run.quantization, time,
        run.source, run.date,
    )  # fmt: skip


def kv_blocks_of(run: Run, catalogue: Catalogue) -> int | None:
    """The blocks of cache that the run's GPUs have room for next to its model, and the one that vLLM keeps for itself.

    None where its GPU or its model is unknown, or does not fit.
    """
    gpu, model = catalogue.recognise(run.gpu), catalogue.known_model(run.model)
    if gpu is None or model is None:
        return None
    try:
        return check(catalogue, model, run.quantization, gpu, run.gpus).kv_blocks + 1
    except DoesNotFitError:
        return None


def engine_of(run: Run) -> Engine:
    """The run's server settings; LlmcostError where they do not say how large its cache was, or it is too small."""
    if run.engine is None:
        raise LlmcostError(
            "the recorded run does not say how many KV blocks its server had",
            hint="give them with --kv-blocks N, as vLLM logs them at start, or add its GPU and model to llmcost.toml",
        )
    longest = int((run.traffic.prompt_tokens + run.traffic.output_tokens).max())
    if longest > run.engine.kv_tokens:
        raise LlmcostError(
            f"a request of {longest:,} tokens cannot have run in a cache of {run.engine.kv_tokens:,}",
            hint="the settings are those of another run",
        )
    return run.engine


def _guess_from(run: Run, model: Model | None) -> IterationTime:
    """A rough start from the run alone, for a GPU or a model that nothing is known of."""
    outputs = run.traffic.output_tokens
    running_s = (run.last_token_s - run.first_token_s)[outputs > 1]
    tpot_s = running_s / (outputs[outputs > 1] - 1)
    least_s = float(np.percentile(tpot_s, 5)) if tpot_s.size else 0.02
    together = max(1.0, float(running_s.sum()) / float(run.last_token_s.max() - run.first_token_s.min()))
    context = float((run.traffic.prompt_tokens + outputs / 2).mean())
    reading_s = run.first_token_s - run.start_s
    return IterationTime(
        fixed_s=0.1 * least_s,
        weights_s=0.6 * least_s,
        per_token_s=float(np.min(reading_s / run.traffic.prompt_tokens)),
        per_kv_token_s=0.3 * least_s / (together * context),
        per_chunk_context_s=0.1 * least_s / (together * context) / 10,
        dense_share=dense_share(model, run.quantization) if model else 1.0,
        missed_experts=model.missed_experts if model else 0.0,
    )


def _least_squares(
    residuals: Callable[[IterationTime], Floats], guess: IterationTime, looseness: float
) -> IterationTime:
    """The time with the least sum of squared residuals, the distance from the guess counted in."""
    names = [name for name in _LOOSENESS if getattr(guess, name) > 0]
    loose = np.array([_LOOSENESS[name] for name in names]) * looseness

    def at(offset: Floats) -> IterationTime:
        factors = zip(names, np.exp(offset).tolist(), strict=True)
        return replace(guess, **{name: getattr(guess, name) * factor for name, factor in factors})

    def cost(offset: Floats) -> Floats:
        return np.concatenate([residuals(at(offset)), _HOLD * offset / loose])

    found = [_descend(cost, np.full(len(names), start)) for start in _STARTS]
    return at(min(found, key=lambda offset: float(np.sum(cost(offset) ** 2))))


def _descend(cost: Callable[[Floats], Floats], offset: Floats) -> Floats:
    """Levenberg-Marquardt: Newton's step where it helps, a shorter one towards the gradient where not."""
    current = cost(offset)
    damping = 1e-2
    for _ in range(_ROUNDS):
        slopes = np.array([(cost(offset + step) - cost(offset - step)) / (2 * _STEP)
                           for step in np.eye(len(offset)) * _STEP]).T  # fmt: skip
        normal = slopes.T @ slopes
        before = current @ current
        for _ in range(6):
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-9), -slopes.T @ current)
            tried = offset + np.clip(step, -0.5, 0.5)
            new = cost(tried)
            if new @ new < before:
                offset, current = tried, new
                damping /= 5
                break
            damping *= 4
        if before - current @ current < 1e-4 * before:
            break
    return offset
