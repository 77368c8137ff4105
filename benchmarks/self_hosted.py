"""Speed and accuracy of the replay of a GPU server: `python -m benchmarks.self_hosted --help`."""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np

from llmcost.self_hosting import accuracy, calibrations, catalogue
from llmcost.self_hosting.fitted import from_run
from llmcost.self_hosting.hosting import Pace
from llmcost.self_hosting.plan import Options, Plan, fitting, make
from llmcost.self_hosting.recorded import Run, read
from llmcost.self_hosting.replay import Engine, Traffic, replay
from llmcost.self_hosting.timing import IterationTime, bound

SERVER = Engine(kv_blocks=2587)
TIME = IterationTime(1.35e-3, 1.71e-2, 1.01e-4, 1.52e-7, 4.2e-9)
# Mistral 7B in 4-bit AWQ on a T4 as AutoAWQ's authors measured it in 2023: 34 tokens a second for one request, prompts
# read at 412 a second. What their cache took is within these.
AUTOAWQ_ON_T4 = IterationTime(0.0, 1 / 34, 1 / 412, 0.0, 0.0)
# name: requests, arrivals a second, mean prompt and output tokens
LOADS = {
    "hardly any load": (20_000, 0.02, 800, 300),
    "half loaded": (100_000, 1.0, 800, 300),
    "short answers": (200_000, 20.0, 500, 20),
    "overloaded, preempting": (100_000, 20.0, 800, 300),
    "long answers": (20_000, 2.0, 800, 2000),
}


def main() -> int:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.self_hosted", description=__doc__)
    parser.add_argument("--run", nargs=2, type=Path, metavar=("REQUESTS", "SETTINGS"), help="a recorded run to predict")
    parser.add_argument("--first", type=int, default=100, help="requests to calibrate on (default: %(default)s)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="predicted against measured, as SVG")
    parser.add_argument("--capacity", action="store_true", help="how much one g4dn.xlarge serves, by the datasheet")
    arguments = parser.parse_args()
    if arguments.capacity:
        capacity()
        return 0
    if arguments.run is None:
        speed()
        million()
        return 0
    run = read(*arguments.run)
    predicted = predict(run, arguments.first)
    if arguments.plot:
        arguments.plot.write_text(drawn(run, predicted, arguments.first), encoding="utf-8")
    return 0


def traffic(count: int, rate: float, prompt: float, output: float) -> Traffic:
    """Poisson arrivals, log-normal lengths; seeded."""
    random = np.random.default_rng(0)
    lengths = [
        np.clip(random.lognormal(np.log(mean), 0.7, count), 1, most).astype(np.int64)
        for mean, most in ((prompt, 8000), (output, 8000))
    ]
    return Traffic(np.cumsum(random.exponential(1 / rate, count)), *lengths)


def speed() -> None:
    """Requests replayed a second on one core, by load."""
    began = time.perf_counter()
    replay(traffic(10, 1, 100, 10), SERVER, TIME)
    print(f"compiled, or loaded compiled, in {time.perf_counter() - began:.1f} s")
    for name, (count, rate, prompt, output) in LOADS.items():
        arriving = traffic(count, rate, prompt, output)
        began = time.perf_counter()
        served = replay(arriving, SERVER, TIME)
        took = time.perf_counter() - began
        print(
            f"{name:24} {count / took:>10,.0f} requests/s  {served.iterations / took:>12,.0f} iterations/s"
            f"  {served.preemptions.sum():>6,} preemptions"
        )


def million() -> None:
    """A day of a million requests, the number of machines to be found."""
    day = traffic(1_000_000, 1_000_000 / 86_400, 500, 200)
    known = catalogue.load()
    began = time.perf_counter()
    plan = make(day, Options(known.instance("g6e.xlarge"), "llama-3.1-8b"), known, calibrations.load())
    took = time.perf_counter() - began
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    print(
        f"a day of 1,000,000 requests: {plan.machines} machines found in {took:.0f} s, peak memory {peak_gib:.2f} GiB"
    )


def capacity() -> None:
    """The most tokens a day with which one g4dn.xlarge keeps the default target: Mistral 7B in 4 bits, 800 + 200
    tokens, arrivals at random all day long.
    """
    known, calibrated = catalogue.load(), calibrations.load()
    options = Options(known.instance("g4dn.xlarge"), "mistral-7b", "awq", machines=1)

    def plan(count: int, pace: Pace) -> Plan:
        arrival_s = np.sort(np.random.default_rng(0).uniform(0, 86_400, count))
        day = Traffic(arrival_s, np.full(count, 800), np.full(count, 200))
        return make(day, replace(options, pace=pace), known, calibrated)

    def most(pace: Pace) -> int:
        low, high = 1_000, 1_000_000
        while high / low > 1.01:
            middle = round((low * high) ** 0.5)
            kept = plan(middle, pace).late <= middle * (1 - options.target.share)
            low, high = (middle, high) if kept else (low, middle)
        return low

    for pace in get_args(Pace):
        print(f"{pace:8} {most(pace) / 1000:6.0f}M tokens a day; at 40M the GPU is busy {plan(40_000, pace).busy:.0%}")
    fit = fitting(options, known)
    queue = Traffic(np.zeros(2_000), np.full(2_000, 800), np.full(2_000, 200))
    served = replay(queue, Engine(kv_blocks=fit.kv_blocks), AUTOAWQ_ON_T4)
    daily = len(queue) * 1000 / float(served.last_token_s.max()) * 86_400
    print(f"at the rates that AutoAWQ measured on a T4: {daily / 1e6:.0f}M tokens a day, never idle, at any latency")


def predict(run: Run, first: int) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Prints the run next to its replay, calibrated and by the datasheet alone; returns the calibrated one's times."""
    known = catalogue.load()
    time_ = from_run(run, known, first).calibration.time
    print(f"{run.gpu}, {run.model}: {run.source}; calibrated on the first {first} of {len(run)}: {time_}")
    for row in accuracy.compare(run, time_):
        was, will_be = f"{row.measured:9.2f} {row.unit:2}", f"{row.predicted:9.2f}"
        print(f"  {row.metric:14} measured {was}  predicted {will_be}  {row.error:+.1%}")
    if gpu := known.recognise(run.gpu):
        print("by the datasheet's peaks alone:")
        for row in accuracy.compare(run, bound(known.model(run.model), run.quantization, gpu, run.gpus)):
            print(f"  {row.metric:14} predicted {row.predicted:9.2f}  {row.error:+.1%}")
    served = accuracy.served(run, time_)
    start_s = run.start_of(served)
    return {"ttft": served.first_token_s - start_s, "latency": served.last_token_s - start_s}


def drawn(run: Run, predicted: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]], first: int) -> str:
    """Two scatter plots, one dot a request: predicted over measured."""
    panels = [
        ("time to first token, seconds", run.first_token_s - run.start_s, predicted["ttft"]),
        ("latency, seconds", run.last_token_s - run.start_s, predicted["latency"]),
    ]
    body = "".join(_panel(70 + 420 * number, *panel, first) for number, panel in enumerate(panels))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 440" font-size="13"'
        ' font-family="system-ui, sans-serif" role="img"'
        ' aria-label="Predicted against measured times of every request">\n'
        '<rect width="860" height="440" fill="#ffffff"/>\n'
        f"{body}"
        '<circle cx="300" cy="425" r="4" fill="#d97706"/>'
        f'<text x="310" y="429" fill="#1f2937">first {first}: calibrated on</text>\n'
        '<circle cx="500" cy="425" r="4" fill="#2563eb"/>'
        '<text x="510" y="429" fill="#1f2937">the others: predicted</text>\n'
        "</svg>\n"
    )


def _panel(
    left: int,
    title: str,
    measured: np.ndarray[tuple[int], np.dtype[np.float64]],
    predicted: np.ndarray[tuple[int], np.dtype[np.float64]],
    first: int,
) -> str:
    size, top = 320, 40
    most = float(max(measured.max(), predicted.max())) * 1.05
    step = 10 ** np.floor(np.log10(most))
    step = next(step * share for share in (0.2, 0.5, 1, 2) if most / (step * share) <= 6)

    def x(value: float) -> float:
        return left + size * value / most

    def y(value: float) -> float:
        return top + size * (1 - value / most)

    parts = [f'<text x="{left}" y="24" fill="#1f2937" font-weight="600">{title}</text>\n']
    parts += [
        f'<path d="M{x(tick):.1f} {top}V{top + size}M{left} {y(tick):.1f}H{left + size}" stroke="#e5e7eb"/>'
        f'<text x="{x(tick):.1f}" y="{top + size + 18}" text-anchor="middle" fill="#4b5563">{tick:g}</text>'
        f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end" fill="#4b5563">{tick:g}</text>\n'
        for tick in np.arange(0, most, step)
    ]
    parts.append(
        f'<path d="M{x(0):.1f} {y(0):.1f}L{x(most):.1f} {y(most):.1f}" stroke="#9ca3af" stroke-dasharray="5 4"/>\n'
        f'<text x="{left + size / 2}" y="{top + size + 38}" text-anchor="middle" fill="#1f2937">measured</text>'
        f'<text transform="translate({left - 44} {top + size / 2}) rotate(-90)" text-anchor="middle" fill="#1f2937">'
        "predicted</text>\n"
    )
    for number in reversed(range(len(measured))):
        colour = "#d97706" if number < first else "#2563eb"
        parts.append(
            f'<circle cx="{x(measured[number]):.1f}" cy="{y(predicted[number]):.1f}" r="2.5" fill="{colour}"'
            ' fill-opacity="0.6"/>\n'
        )
    return "".join(parts)


if __name__ == "__main__":
    raise SystemExit(main())
