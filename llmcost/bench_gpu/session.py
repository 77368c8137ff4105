"""One run of bench-gpu: what its steps have in common, and where each goes once it is finished."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from llmcost.bench_gpu.dollars import Pricing, cost
from llmcost.bench_gpu.measurement import Measurement, Row
from llmcost.bench_gpu.metrics import Targets
from llmcost.bench_gpu.progress import Progress


@dataclass
class Session:
    """The command and what it was given."""

    command: str
    seed: int
    targets: Targets
    pricing: Pricing
    save: Callable[[Row], None]
    progress: Progress
    facts: Mapping[str, Any]  # columns of `measurements` that hold for every step
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    rows: list[Row] = field(default_factory=list)

    def keep(self, **columns: Any) -> Row:
        """Prices a finished step and saves it at once, so that nothing after it can lose it."""
        money = cost(self.pricing, columns.get("input_tokens_per_s"), columns.get("output_tokens_per_s"))
        row = Measurement(
            run_id=self.run_id, command=self.command, seed=self.seed, **{**self.facts, **columns, **money}
        ).row()
        self.save(row)
        self.rows.append(row)
        self.progress.say(_line(row))
        return row

    def conclude(self) -> None:
        """Says what tokens cost at full load, the step with most output, and at the user's own."""
        best = max(self.rows, key=lambda row: row["output_tokens_per_s"] or 0.0, default=None)
        if best is None or best["output_usd_mtok"] is None:
            return
        self.progress.say(f"at full load ({title(best)}): {_dollars(best, '')}")
        if best["own_machines"]:
            tokens = f"{best['own_input_per_day']:,.0f} + {best['own_output_per_day']:,.0f} tokens a day"
            machines = f"{best['own_machines']} machine{'s' if best['own_machines'] > 1 else ''}, always on"
            self.progress.say(f"at your own load ({tokens}, {machines}): {_dollars(best, 'own_')}")


def _dollars(row: Row, prefix: str) -> str:
    """Per million tokens of each kind."""
    prices = ((kind, row[f"{prefix}{kind}_usd_mtok"]) for kind in ("input", "output", "total"))
    return ", ".join(f"${usd:,.4g} per million {kind} tokens" for kind, usd in prices if usd is not None)


def _line(row: Row) -> str:
    """A step on one line."""
    parts = [title(row), f"{row['ok']}/{row['requests']} ok"]
    if row["output_tokens_per_s"]:
        parts.append(f"{row['output_tokens_per_s']:,.1f} output tokens/s")
    for name, label in (("ttft_ms_mean", "TTFT"), ("tpot_ms_mean", "TPOT")):
        if row[name] is not None:
            parts.append(f"{label} {row[name]:,.1f} ms")
    if row["output_usd_mtok"]:
        parts.append(f"${row['output_usd_mtok']:,.2f} per million output tokens")
    parts += [f"{count} × {reason}" for reason, count in row["failures"].items()]
    return ", ".join(parts)


def title(row: Mapping[str, Any]) -> str:
    """Which step it is."""
    lengths = f"{row.get('input_tokens_asked')}+{row.get('output_tokens_asked')} tokens"
    match row["load"]:
        case "closed":
            return f"{row['concurrency']} in flight, {lengths}"
        case "open":
            return f"{row['rate_per_s']:g} requests/s, {lengths}"
        case "static":
            return f"batch of {row['concurrency']}, {lengths}"
        case _:
            return f"replay at {row['time_compression']:g} times the speed"
