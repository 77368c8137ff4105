"""The machines, GPUs, models and calibrations that self-hosting knows, each with its source and date."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue, Gpu, Instance, Model
from llmcost.self_hosting.hosting import HOURS_PER_MONTH

COLUMNS = ["instance", "gpu", "gpus", "memory_gib", "usd_per_hour", "spot_usd_per_hour", "usd_per_month", "source",
           "date"]  # fmt: skip
_FORMATS = ("fp16", "bf16", "fp8", "int8", "int4")


@dataclass(frozen=True)
class MachinesView(View):
    """All tables that self-hosting reads."""

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

    def screen(self) -> RenderableType:
        return _screen(self.known, self.calibrated)


def _rows(known: Catalogue) -> list[dict[str, Any]]:
    """The machines, one a row."""
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


def _screen(known: Catalogue, calibrated: Sequence[Calibration]) -> RenderableType:
    parts: list[RenderableType] = [
        terminal.table(
            [("instance", "left"), ("GPUs", "left"), ("an hour", "right"), ("spot", "right"), ("a month", "right"),
             ("source", "left"), ("date", "left")],
            [_instance(instance) for instance in known.instances.values()],
            title="Machines",
        ),
        terminal.table(
            [("GPU", "left"), ("GiB", "right"), ("GB/s", "right"), ("cc", "right"),
             *((name, "right") for name in _FORMATS), ("source", "left"), ("date", "left")],
            [_gpu(gpu) for gpu in known.gpus.values()],
            title="GPUs: memory, bandwidth, compute capability, dense tera-operations a second by number format",
        ),
        terminal.table(
            [("model", "left"), ("parameters", "right"), ("16-bit GiB", "right"), ("KV KiB a token", "right"),
             ("context", "right")],
            [_model(model) for model in known.models.values()],
            title="Models",
        ),
    ]  # fmt: skip
    lines = [f"{one.name}: {one.source} ({one.date})" for one in calibrated]
    parts.append(terminal.bullets("Calibrated", lines))
    parts.append(Text("Your own stand in llmcost.toml, in the form that docs/self_hosting.md shows, and win."))
    return Group(*parts)


def _instance(instance: Instance) -> list[RenderableType]:
    hour, spot = instance.usd_per_hour, instance.spot_usd_per_hour
    return [
        terminal.name(instance.name),
        terminal.name(instance.gpu if instance.gpus == 1 else f"{instance.gpus} {instance.gpu}"),
        terminal.figure(None) if hour is None else Text(f"${hour:.3f}"),
        terminal.figure(None) if spot is None else Text(f"${spot:.3f}"),
        terminal.figure(None) if hour is None else Text(f"${hour * HOURS_PER_MONTH:,.0f}"),
        terminal.name(instance.source, 36),
        terminal.name(instance.date),
    ]


def _gpu(gpu: Gpu) -> list[RenderableType]:
    return [
        terminal.name(gpu.name),
        Text(f"{gpu.memory_gib:g}"),
        Text(f"{gpu.bandwidth_gb_s:g}"),
        Text(f"{gpu.compute_capability}"),
        *(terminal.figure(gpu.tflops.get(name)) for name in _FORMATS),
        terminal.name(gpu.source, 30),
        terminal.name(gpu.date),
    ]


def _model(model: Model) -> list[RenderableType]:
    sizes = _sizes(model)
    return [
        terminal.name(model.name),
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
