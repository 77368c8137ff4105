"""The machines, GPUs, models and calibrations that self-hosting knows, each with its source and date."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue, Gpu
from llmcost.self_hosting.hosting import HOURS_PER_MONTH
from llmcost.self_hosting.machine_prices import Kind, Price
from llmcost.self_hosting.model import Model

_HOURLY = ("usd_per_hour", "spot_usd_per_hour", "reserved_1y_usd_per_hour", "reserved_3y_usd_per_hour")
COLUMNS = ["instance", "provider", "gpu", "gpus", "memory_gib", "region", *_HOURLY, "usd_per_month", "source", "date"]
_FORMATS = ("fp16", "bf16", "fp8", "int8", "int4")


@dataclass(frozen=True)
class MachinesView(View):
    """Everything that self-hosting knows of hardware."""

    known: Catalogue
    calibrated: Sequence[Calibration]

    def document(self) -> Document:
        return {
            "instances": _rows(self.known),
            "gpus": [asdict(gpu) | {"tflops": dict(gpu.tflops)} for gpu in self.known.gpus.values()],
            "models": [asdict(model) | _sizes(model) for model in self.known.models.values()],
            "calibrations": [{"name": one.name} | asdict(one) for one in self.calibrated],
        }

    def flat(self) -> Flat:
        """The machines."""
        return Flat(_rows(self.known), COLUMNS)

    def screen(self, *, details: bool) -> RenderableType:
        machines = tables.Table(
            [tables.name("instance"), tables.words("GPUs"), tables.words("region"), tables.number("an hour"),
             tables.number("spot", 1), tables.number("1 year", 3), tables.number("3 years", 3),
             tables.number("a month", 4), tables.words("source", 5), tables.words("date", 2)],
            [_instance(row) for row in _shown(self.known, details)],
            "Machines: what is paid today by the hour",
        )  # fmt: skip
        gpus = tables.Table(
            [tables.name("GPU"), tables.number("GiB"), tables.number("GB/s"), tables.number("cc", 4),
             *(tables.number(name, 1) for name in _FORMATS), tables.words("source", 2), tables.words("date", 3)],
            [_gpu(gpu) for gpu in self.known.gpus.values()],
            "GPUs: memory, bandwidth, compute capability, dense tera-operations a second by number format",
        )  # fmt: skip
        models = tables.Table(
            [tables.name("model"), tables.number("parameters"), tables.number("16-bit GiB"),
             tables.number("KV KiB a token", 1), tables.number("context", 2)],
            [_model(model) for model in self.known.models.values()],
            "Models",
        )  # fmt: skip
        lines = [f"{one.name}: {one.source} ({one.date})" for one in self.calibrated]
        said = "Add your own to llmcost.toml, as docs/self_hosting.md shows; they replace entries of the same name."
        return Group(machines, gpus, models, tables.Bullets("Calibrations", lines), Text(said, style="dim"))


def _rows(known: Catalogue) -> list[dict[str, Any]]:
    """The machines with the prices of today, one region in each row."""
    return [
        {
            "instance": instance.name,
            "provider": instance.provider,
            "gpu": instance.gpu,
            "gpus": instance.gpus,
            "memory_gib": known.gpu(instance.gpu).memory_gib * instance.gpus,
            "region": region,
            "usd_per_hour": _usd(prices, "on-demand"),
            "spot_usd_per_hour": _usd(prices, "spot"),
            "reserved_1y_usd_per_hour": _usd(prices, "reserved-1y"),
            "reserved_3y_usd_per_hour": _usd(prices, "reserved-3y"),
            "usd_per_month": None if (hour := _usd(prices, "on-demand")) is None else hour * HOURS_PER_MONTH,
            "source": "; ".join(dict.fromkeys(price.source for price in prices.values())),
            "date": _oldest([price.date for price in prices.values()]),
        }
        for instance in known.instances.values()
        for region, prices in known.prices(instance)
    ]


def _shown(known: Catalogue, details: bool) -> list[dict[str, Any]]:
    """With details every region of a machine; else its first, and how many others it has."""
    rows = _rows(known)
    if details:
        return rows
    regions = Counter(row["instance"] for row in rows)
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["instance"], row)
    return [
        row | ({"region": f"{row['region']} (of {regions[name]})"} if regions[name] > 1 else {})
        for name, row in first.items()
    ]


def _oldest(dates: Sequence[date | None]) -> date | None:
    """The oldest of a row's prices; None where one of them has no date."""
    known = [one for one in dates if one is not None]
    return min(known, default=None) if len(known) == len(dates) else None


def _usd(prices: Mapping[Kind, Price], kind: Kind) -> float | None:
    return prices[kind].usd_per_hour if kind in prices else None


def _instance(row: dict[str, Any]) -> list[Text]:
    month = row["usd_per_month"]
    return [
        cells.name(row["instance"]),
        cells.name(row["gpu"] if row["gpus"] == 1 else f"{row['gpus']} {row['gpu']}"),
        cells.name(row["region"] or ""),
        *(cells.figure(None) if row[column] is None else Text(f"${row[column]:.3f}") for column in _HOURLY),
        cells.figure(None) if month is None else Text(f"${month:,.0f}"),
        cells.name(row["source"] or ""),
        cells.name(row["date"] or "unknown"),
    ]


def _gpu(gpu: Gpu) -> list[Text]:
    return [
        cells.name(gpu.name),
        Text(f"{gpu.memory_gib:g}"),
        Text(f"{gpu.bandwidth_gb_s:g}"),
        Text(f"{gpu.compute_capability}"),
        *(cells.figure(gpu.tflops.get(name)) for name in _FORMATS),
        cells.name(gpu.source),
        cells.name(gpu.date),
    ]


def _model(model: Model) -> list[Text]:
    sizes = _sizes(model)
    return [
        cells.name(model.name),
        Text(f"{sizes['parameters'] / 1e9:.1f}B"),
        Text(f"{sizes['parameters'] * 2 / (1 << 30):.1f}"),
        Text(f"{sizes['kv_bytes_per_token'] / 1024:g}"),
        Text(f"{model.max_context:,}"),
    ]


def _sizes(model: Model) -> dict[str, int]:
    return {
        "parameters": model.layer_parameters + model.embedding_parameters,
        "kv_bytes_per_token": model.kv_bytes_per_token,
    }
