"""What bench-gpu measured: a table of speed and one of dollars for each server, model and GPU."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.bench_gpu.session import title
from llmcost.render import cells, tables
from llmcost.render.text import visible
from llmcost.render.view import Document, View

Row = Mapping[str, Any]

_SUBJECT = ("model", "weights", "quantization", "engine", "server", "server_version", "gpus", "gpu", "cpu")
_LATENCIES = ("ttft_ms_p50", "ttft_ms_p99", "tpot_ms_p50", "tpot_ms_p99", "e2e_ms_p99")
_DOLLARS = ("input_usd_mtok", "output_usd_mtok", "total_usd_mtok")


@dataclass(frozen=True)
class MeasurementsView(View):
    """The steps that were measured."""

    rows: Sequence[Row]

    def document(self) -> Document:
        return {"measurements": list(self.rows)}

    def screen(self, *, details: bool) -> RenderableType:
        if not self.rows:
            return Text("No step has been measured yet.")
        parts: list[RenderableType] = []
        for subject, steps in groupby(self.rows, key=lambda row: [row[name] for name in _SUBJECT]):
            alike = list(steps)
            parts.append(_speed(_title(dict(zip(_SUBJECT, subject, strict=True))), alike))
            if any(row["usd_per_hour"] is not None for row in alike):
                parts.append(_dollars(alike))
        return Group(*parts)


def _title(subject: Row) -> str:
    """What was measured, on what."""
    server = "plain torch" if subject["engine"] == "torch" else " ".join(filter(None, [
        subject["server"] or "a server", subject["server_version"]]))  # fmt: skip
    weights = [word for word in (subject["weights"], subject["quantization"]) if word and word not in ("real", "none")]
    kind = f" ({', '.join(weights)})" if weights else ""
    cards = f"{subject['gpus']} × " if (subject["gpus"] or 1) > 1 else ""
    return f"{subject['model']}{kind}, {server}, {cards}{subject['gpu'] or subject['cpu'] or 'machine unknown'}"


def _speed(subject: str, rows: Sequence[Row]) -> RenderableType:
    goodput = any(row["goodput_share"] is not None for row in rows)
    busy = any(row["gpu_utilization"] is not None for row in rows)
    columns = [
        tables.name("load"), tables.name("tokens"), tables.number("ok", 1), tables.words("failed"),
        tables.number("output/s"), tables.number("TTFT p50"), tables.number("p99", 4), tables.number("TPOT p50"),
        tables.number("p99", 4), tables.number("E2E p99", 3), *([tables.number("good", 2)] if goodput else []),
        *([tables.number("GPU", 5)] if busy else []),
    ]  # fmt: skip
    made = [
        [
            Text(_load(row)),
            Text(_lengths(row)),
            cells.count(row["ok"]),
            Text(_failed(row), style="red"),
            _short(row["output_tokens_per_s"]),
            *(_short(row[name]) for name in _LATENCIES),
            *([_whole(row["goodput_share"])] if goodput else []),
            *([_whole(row["gpu_utilization"])] if busy else []),
        ]
        for row in rows
    ]
    return tables.Table(columns, made, f"{visible(subject)}; milliseconds")


def _dollars(rows: Sequence[Row]) -> RenderableType:
    own = any(row["own_machines"] for row in rows)
    columns = [
        tables.name("$ per million tokens"), tables.number("an hour", 1),
        *(tables.number(kind) for kind in ("input", "output", "total")),
        *([tables.words("own load on", 2), *(tables.number(kind, 2) for kind in ("input", "output", "total"))]
          if own else []),
    ]  # fmt: skip
    made = [
        [
            Text(title(row)),
            cells.usd(row["usd_per_hour"]),
            *(_short(row[name]) for name in _DOLLARS),
            *([_machines(row["own_machines"]), *(_short(row[f"own_{name}"]) for name in _DOLLARS)] if own else []),
        ]
        for row in rows
        if row["usd_per_hour"] is not None
    ]
    return tables.Table(columns, made)


def _load(row: Row) -> str:
    match row["load"]:
        case "closed":
            return f"{row['concurrency']} in flight"
        case "open":
            return f"{row['rate_per_s']:g} a second"
        case "static":
            return f"batch of {row['concurrency']}"
        case _:
            return f"replay × {row['time_compression']:g}"


def _lengths(row: Row) -> str:
    asked = row["input_tokens_asked"], row["output_tokens_asked"]
    return "logged" if None in asked else f"{asked[0]}+{asked[1]}"


def _failed(row: Row) -> str:
    """Requests that did not end well, by kind."""
    kinds = {"errors": "failed", "cut": "cut", "without_usage": "no usage", "skipped": "too long"}
    return ", ".join(f"{row[name]:,} {word}" for name, word in kinds.items() if row[name])


def _short(value: float | None) -> Text:
    """At most three digits of a small number, every digit of a large one."""
    if value is None:
        return Text("–", style="dim")
    return Text(f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}")


def _machines(number: int | None) -> Text:
    return Text("–", style="dim") if number is None else Text(cells.counted(number, "machine"))


def _whole(share: float | None) -> Text:
    return Text("–", style="dim") if share is None else Text(f"{share:.0%}")
