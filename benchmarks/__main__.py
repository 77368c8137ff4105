"""Runs the comparisons and prints their ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks import ccusage
from benchmarks.measure import ROOT, BenchmarkError
from benchmarks.parts import PARTS, Options


def main() -> int:
    arguments = _arguments()
    results: list[dict[str, Any]] = []
    skipped: dict[str, str] = {}
    machine = _machine()
    print("  ".join(f"{name} {value}" for name, value in machine.items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="llmcost-bench-") as scratch:
        options = Options(
            arguments.data, Path(scratch), arguments.pairs, arguments.lines, arguments.megabytes, arguments.prompts
        )
        for name in arguments.part or PARTS:
            print(f"\n{name}: {PARTS[name].__doc__}", flush=True)
            try:
                for comparison in PARTS[name](options):
                    results.append(comparison.summary())
                    print(_shown(results[-1]), flush=True)
            except BenchmarkError as error:
                skipped[name] = str(error)
                print(f"  {error}", flush=True)
    if arguments.json:
        found = {"machine": machine, "results": results, "skipped": skipped}
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if results else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="llmcost against programs that do the same or the least part of it: median ratios of whole runs.",
    )
    parser.add_argument("part", nargs="*", type=_part, help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--pairs", type=_positive, default=5, help="runs of each side (default: %(default)s)")
    parser.add_argument("--lines", type=_positive, default=1_000_000, help="of the llmcost log (default: %(default)s)")
    parser.add_argument("--megabytes", type=_positive, default=200, help="of Claude Code logs (default: %(default)s)")
    parser.add_argument(
        "--prompts", type=_positive, default=100_000, help="for semantic caching (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure, with the versions, to FILE")
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT / "benchmarks" / ".data",
        help="keeps what is generated (default: benchmarks/.data)",
    )
    return parser.parse_args()


def _part(name: str) -> str:
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(PARTS)}")
    return name


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _machine() -> dict[str, str]:
    system = f"{platform.system()} {platform.machine()}"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "llmcost": _version("llmcost-cli"),
        "duckdb": _version("duckdb"),
        "ccusage": ccusage.VERSION,
        "python": platform.python_version(),
        "on": f"{system}, {os.cpu_count()} cores, {memory:.0f} GiB, load {os.getloadavg()[0]:.2f}",
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "(not installed)"


def _shown(result: dict[str, Any]) -> str:
    ours, other = result["llmcost"], result["other"]
    spread = f"pairs {result['wall_ratio_min']:.2f} to {result['wall_ratio_max']:.2f}"
    lines = [
        f"  {result['work']}, against {result['against']}",
        f"    time    {result['wall_ratio']:.2f}×  {_seconds(ours)} to {_seconds(other)} ({spread})",
        f"    memory  {result['peak_ratio']:.2f}×  {_megabytes(ours)} to {_megabytes(other)}",
    ]
    if result["aim"] is not None:
        lines[1] += f"  aim ≤ {result['aim']:.2f}×: {_met(result['aim_met'])}"
    if result["aim_s"] is not None:
        lines[1] += f"  aim ≤ {result['aim_s']:.0f} s: {_met(result['aim_s_met'])}"
    if result["aim_bytes"] is not None:
        lines[2] += f"  aim ≤ {result['aim_bytes'] / 1e6:,.0f} MB: {_met(result['aim_bytes_met'])}"
    if result["note"]:
        lines.append(f"    {result['note']}")
    return "\n".join(lines)


def _met(met: bool) -> str:
    return "met" if met else "missed"


def _seconds(side: dict[str, float]) -> str:
    return f"{side['wall_s']:.2f} s"


def _megabytes(side: dict[str, float]) -> str:
    return f"{side['peak_bytes'] / 1e6:,.0f} MB"


if __name__ == "__main__":
    sys.exit(main())
