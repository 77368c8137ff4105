"""The machines, GPUs, models and calibrations that self-hosting knows, each with its source and date."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue, Gpu, Instance
from llmcost.self_hosting.hosting import HOURS_PER_MONTH
from llmcost.self_hosting.model import Model

COLUMNS = ["instance", "gpu", "gpus", "memory_gib", "usd_per_hour", "spot_usd_per_hour", "usd_per_month", "source",
           "date"]  # fmt: skip
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
            [tables.name("instance"), tables.words("GPUs"), tables.number("an hour"), tables.number("spot", 1),
             tables.number("a month"), tables.words("source", 2), tables.words("date", 3)],
            [_instance(instance) for instance in self.known.instances.values()],
            "Machines",
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
    """The machines, one in each row."""
    return [
        {
            "instance": instance.name,
            "gpu": instance.gpu,
            "gpus": instance.gpus,
            "memory_gib": known.gpu(instance.gpu).memory_gib * instance.gpus,
            "usd_per_hour": instance.usd_per_hour,
            "spot_usd_per_hour": instance.spot_usd_per_hour,
            "usd_per_month": None if instance.usd_per_hour is None else instance.usd_per_hour * HOURS_PER_MONTH,
            "source": instance.source,
            "date": instance.date,
        }
        for instance in known.instances.values()
    ]


def _instance(instance: Instance) -> list[Text]:
    hour, spot = instance.usd_per_hour, instance.spot_usd_per_hour
    return [
        cells.name(instance.name),
        cells.name(instance.gpu if instance.gpus == 1 else f"{instance.gpus} {instance.gpu}"),
        cells.figure(None) if hour is None else Text(f"${hour:.3f}"),
        cells.figure(None) if spot is None else Text(f"${spot:.3f}"),
        cells.figure(None) if hour is None else Text(f"${hour * HOURS_PER_MONTH:,.0f}"),
        cells.name(instance.source),
        cells.name(instance.date),
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
