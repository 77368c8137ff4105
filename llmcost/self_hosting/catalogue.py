"""The GPUs, instances and models that are known: those shipped, and the user's own in `llmcost.toml`."""

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from llmcost import config
from llmcost.errors import LlmcostError, UsageError, did_you_mean

OWN_FILE = config.NAME
Entry = TypeVar("Entry", "Gpu", "Instance", "Model")


@dataclass(frozen=True)
class Gpu:
    """A card, by its datasheet."""

    name: str
    memory_gib: float  # as CUDA reports it
    bandwidth_gb_s: float
    compute_capability: float
    tflops: Mapping[str, float]  # dense peak by number format
    reported_as: tuple[str, ...] = ()  # what the driver calls it
    source: str = "llmcost.toml"
    date: datetime.date | None = None


@dataclass(frozen=True)
class Instance:
    """A machine that can be rented, or owned, with its GPUs."""

    name: str
    gpu: str
    gpus: int
    usd_per_hour: float | None = None  # on demand
    spot_usd_per_hour: float | None = None
    source: str = "llmcost.toml"
    date: datetime.date | None = None


@dataclass(frozen=True)
class Model:
    """The shape of a transformer, which decides its bytes and its work."""

    name: str
    layers: int
    hidden_size: int
    intermediate_size: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    max_context: int
    tied_embeddings: bool = False
    experts: int = 1
    experts_per_token: int = 1

    @cached_property
    def embedding_parameters(self) -> int:
        """Input and output embeddings, which stay 16-bit when the rest is quantized."""
        return self.vocabulary * self.hidden_size * (1 if self.tied_embeddings else 2)

    @cached_property
    def layer_parameters(self) -> int:
        """The matrices of all layers."""
        return self.layers * (self._attention + self.experts * self._expert)

    @cached_property
    def expert_parameters(self) -> int:
        """The matrices of all experts; of a model without any, of its feed-forward layers."""
        return self.layers * self.experts * self._expert

    @property
    def missed_experts(self) -> float:
        """The share of the experts that one token does not use."""
        return 1 - self.experts_per_token / self.experts

    @cached_property
    def active_parameters(self) -> int:
        """The matrix entries that one token is multiplied with, output embedding included."""
        used = self.layers * (self._attention + self.experts_per_token * self._expert)
        return used + self.vocabulary * self.hidden_size

    @cached_property
    def kv_bytes_per_token(self) -> int:
        """Keys and values of one token in 16 bits."""
        return 2 * self.layers * self.kv_heads * self.head_size * 2

    @property
    def _attention(self) -> int:
        return self.hidden_size * self.head_size * 2 * (self.heads + self.kv_heads)

    @property
    def _expert(self) -> int:
        return 3 * self.hidden_size * self.intermediate_size


@dataclass(frozen=True)
class Catalogue:
    """Everything known, by name."""

    gpus: Mapping[str, Gpu]
    instances: Mapping[str, Instance]
    models: Mapping[str, Model]

    def gpu(self, name: str) -> Gpu:
        """A GPU by its name here or by what its driver calls it; UsageError when unknown."""
        if found := self.recognise(name):
            return found
        known = {other.lower(): other for other in self.gpus}
        if name.lower() in known:
            return self.gpus[known[name.lower()]]
        raise UsageError(f"there is no GPU named {name}", hint=did_you_mean(name, list(self.gpus)))

    def recognise(self, reported: str) -> Gpu | None:
        """The GPU that a driver reports under this name, the longest match first."""
        matches = [
            (len(alias), gpu) for gpu in self.gpus.values() for alias in gpu.reported_as
            if reported.lower().startswith(alias.lower())
        ]  # fmt: skip
        return max(matches, key=lambda match: match[0])[1] if matches else None

    def instance(self, name: str) -> Instance:
        """An instance by name; UsageError when unknown."""
        if name in self.instances:
            return self.instances[name]
        raise UsageError(f"there is no instance named {name}", hint=did_you_mean(name, list(self.instances)))

    def known_model(self, name: str) -> Model | None:
        """A model by its name here or a hub's, like `mistralai/Mistral-7B-Instruct-v0.3`."""
        plain = name.rsplit("/", 1)[-1].lower()
        matches = [known for known in self.models if plain == known or plain.startswith(known + "-")]
        return self.models[max(matches, key=len)] if matches else None

    def model(self, name: str) -> Model:
        """The same; UsageError when unknown."""
        if found := self.known_model(name):
            return found
        plain = name.rsplit("/", 1)[-1].lower()
        raise UsageError(
            f"there is no open-weight model named {name}",
            hint=f"{did_you_mean(plain, list(self.models))}; your own: [models.NAME] in {OWN_FILE}",
        )


def load(own: Path | None = None) -> Catalogue:
    """What is shipped and what `llmcost.toml` (the user's, if none is named) adds or overrides.

    Raises LlmcostError naming the entry that is not of the right form.
    """
    here = Path(__file__).parent
    tables: dict[str, dict[str, tuple[Path, Any]]] = {"gpus": {}, "instances": {}, "models": {}}
    own = own or config.path()
    for file in (here / "machines.toml", here / "models.toml", *([own] if own else [])):
        for kind, entries in read_tables(file).items():
            if kind in tables:
                tables[kind].update({name: (file, entry) for name, entry in entries.items()})
    return Catalogue(
        gpus={name: _build(Gpu, name, *entry) for name, entry in tables["gpus"].items()},
        instances={name: _build(Instance, name, *entry) for name, entry in tables["instances"].items()},
        models={name: _build(Model, name, *entry) for name, entry in tables["models"].items()},
    )


def read_tables(path: Path) -> dict[str, Any]:
    """A TOML file's tables; LlmcostError when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LlmcostError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LlmcostError(f"{path} is not TOML: {error}") from None


def _build(kind: type[Entry], name: str, file: Path, entry: Any) -> Entry:
    known = {field.name for field in fields(kind)} - {"name"}
    try:
        if unknown := set(entry) - known:
            raise UsageError(f"{file}: {name} has no {min(unknown)}", hint=f"known: {', '.join(sorted(known))}")
        values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in entry.items()}
        return kind(name=name, **values)
    except TypeError as error:
        raise LlmcostError(
            f"{file}: {name} is incomplete: {error}", hint="docs/self_hosting.md shows an entry"
        ) from None
