"""The GPUs, instances, prices and models that are known: those shipped, and the user's own in `llmcost.toml`."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from llmcost import config
from llmcost.errors import LlmcostError, UsageError, did_you_mean
from llmcost.parsing import toml_tables
from llmcost.self_hosting import config_json, machine_prices
from llmcost.self_hosting.machine_prices import Kind, Offer, Price
from llmcost.self_hosting.model import Model

OWN_FILE = config.NAME
_SIMPLE: dict[str, Kind] = {"usd_per_hour": "on-demand", "spot_usd_per_hour": "spot"}
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
    link_gb_s: float = 25.0  # to another GPU of the machine, one way; that of PCIe 4 where nothing faster connects them
    source: str = "llmcost.toml"
    date: datetime.date | None = None


@dataclass(frozen=True)
class Instance:
    """A machine that can be rented, or owned, with its GPUs."""

    name: str
    gpu: str
    gpus: int
    provider: str = OWN_FILE
    gpu_only: bool = False  # the price is that of the GPU; processor and memory are billed apart


@dataclass(frozen=True)
class Catalogue:
    """Everything known, by name."""

    gpus: Mapping[str, Gpu]
    instances: Mapping[str, Instance]
    models: Mapping[str, Model]
    offers: Mapping[str, Sequence[Offer]] = field(default_factory=dict)  # by instance

    def price(
        self, instance: Instance, kind: Kind, region: str | None = None, on: datetime.date | None = None
    ) -> Price:
        """What an hour of it costs on a day (today). Raises what `machine_prices.in_force` does."""
        return machine_prices.in_force(self.offers.get(instance.name, ()), instance.name, kind, region, on)

    def prices(self, instance: Instance) -> Iterator[tuple[str | None, dict[Kind, Price]]]:
        """Every region of it with what is paid there today, by kind; one without a region where it has none."""
        regions: list[str | None] = [*machine_prices.regions(self.offers.get(instance.name, ()))]
        for region in regions or [None]:
            found: dict[Kind, Price] = {}
            for kind in machine_prices.LISTED:
                with suppress(LlmcostError):
                    found[kind] = self.price(instance, kind, region)
            yield region, found

    def on_demand_usd(self, instance: Instance) -> float | None:
        """The same on demand, in its first region; None where nobody says."""
        try:
            return self.price(instance, "on-demand").usd_per_hour
        except LlmcostError:
            return None

    def gpu(self, name: str) -> Gpu:
        """A GPU by its name here or by what its driver calls it; UsageError when unknown."""
        if found := self.recognise(name):
            return found
        known = {other.lower(): other for other in self.gpus}
        if name.lower() in known:
            return self.gpus[known[name.lower()]]
        raise UsageError(
            f"there is no GPU named {name}",
            hint=f"{did_you_mean(name, list(self.gpus))}; a variant is another card; yours: [gpus.NAME] in {OWN_FILE}",
        )

    def recognise(self, reported: str) -> Gpu | None:
        """The GPU that a driver reports under exactly this name: a variant has another memory or another clock."""
        return self._by_driver.get(reported.strip().lower())

    def instance(self, name: str) -> Instance:
        """An instance by name; UsageError when unknown."""
        if name in self.instances:
            return self.instances[name]
        raise UsageError(f"there is no instance named {name}", hint=did_you_mean(name, list(self.instances)))

    def known_model(self, name: str) -> Model | None:
        """A model by its name here or exactly a hub's, like `mistralai/Mistral-7B-Instruct-v0.3`."""
        plain = _plain(name)
        return self._by_plain_name.get(plain) or self._by_alias.get(plain)

    def model(self, name: str) -> Model:
        """The same, or the shape in a config.json by the path of it or of its folder.

        UsageError when unknown, LlmcostError for a file without a shape.
        """
        if config_json.is_path(name):
            return self._named(config_json.read(Path(name)), name)
        if found := self.known_model(name):
            return found
        near = did_you_mean(_plain(name), list({**self._by_plain_name, **self._by_alias}))
        raise UsageError(
            f"there is no open-weight model named {name}",
            hint=f"{near}; a variant may have another shape: give the path of its config.json, or [models.NAME] in"
            f" {OWN_FILE}",
        )

    def _named(self, read: Model, path: str) -> Model:
        """A shape that was read under the name of the known model that it is; another one's shape under its path."""
        known = self.known_model(read.name)
        if known is None:
            return read
        return replace(read, name=known.name if known.is_like(read) else path)

    @cached_property
    def _by_driver(self) -> dict[str, Gpu]:
        return {name.lower(): gpu for gpu in self.gpus.values() for name in gpu.reported_as}

    @cached_property
    def _by_plain_name(self) -> dict[str, Model]:
        return {name.lower(): model for name, model in self.models.items()}

    @cached_property
    def _by_alias(self) -> dict[str, Model]:
        return {alias.lower(): model for model in self.models.values() for alias in model.aliases}


def _plain(name: str) -> str:
    """A hub's name without its owner."""
    return name.rsplit("/", 1)[-1].lower()


def load(own: Path | None = None) -> Catalogue:
    """What is shipped and what `llmcost.toml` (the user's, if none is named) adds or overrides.

    Raises LlmcostError naming the entry that is not of the right form.
    """
    here = Path(__file__).parent
    tables: dict[str, dict[str, tuple[Path, Any]]] = {"gpus": {}, "instances": {}, "models": {}}
    priced: list[tuple[Path, Any]] = []
    own = own or config.path()
    shipped = [here / name for name in ("machines.toml", "models.toml", "machine_prices.toml")]
    for file in (*shipped, *([own] if own else [])):
        for kind, entries in read_tables(file).items():
            if kind in tables:
                tables[kind].update({name: (file, entry) for name, entry in _table(file, kind, entries).items()})
            elif kind == "machine_prices":
                priced += [(file, entry) for entry in _list(file, kind, entries)]
    offers = [machine_prices.read(entry, file, is_own=file == own) for file, entry in priced]
    simple = {name: _simple_offer(name, *entry) for name, entry in tables["instances"].items()}
    instances = {name: _build(Instance, name, *entry) for name, entry in tables["instances"].items()}
    if stray := next((offer for offer in offers if offer.instance not in instances), None):
        raise UsageError(
            f"{own}: machine_prices has a price of {stray.instance}, which is no instance",
            hint=did_you_mean(stray.instance, list(instances)),
        )
    return Catalogue(
        gpus={name: _build(Gpu, name, *entry) for name, entry in tables["gpus"].items()},
        instances=instances,
        models={name: _build(Model, name, *entry) for name, entry in tables["models"].items()},
        offers={
            name: [alone] if (alone := simple[name]) else [offer for offer in offers if offer.instance == name]
            for name in instances
        },
    )


def read_tables(path: Path) -> dict[str, Any]:
    """A TOML file's tables; LlmcostError when it cannot be read."""
    try:
        return toml_tables(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LlmcostError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise LlmcostError(f"{path} is not TOML: {error}") from None


def _table(file: Path, kind: str, entries: Any) -> dict[str, Any]:
    if not isinstance(entries, dict):
        raise LlmcostError(f"{file}: {kind} is not a table of entries", hint=f"begin each entry with [{kind}.NAME]")
    return entries


def _list(file: Path, kind: str, entries: Any) -> list[Any]:
    if not isinstance(entries, list):
        raise LlmcostError(f"{file}: {kind} is not a list of entries", hint=f"begin each entry with [[{kind}]]")
    return entries


def _simple_offer(name: str, file: Path, entry: Any) -> Offer | None:
    """The price that stands with the instance itself: one, the same everywhere and always."""
    if not isinstance(entry, dict):
        return None
    where = f"{file}: {name}"
    usd: dict[Kind, float] = {
        kind: machine_prices.dollars(entry[key], f"{where}: {key}") for key, kind in _SIMPLE.items() if key in entry
    }
    return Offer(name, usd, date=machine_prices.day(entry.get("date"), where), is_own=True) if usd else None


def _build(kind: type[Entry], name: str, file: Path, entry: Any) -> Entry:
    known = {one.name for one in fields(kind)} - {"name"}
    apart = {*_SIMPLE, "source", "date"} if kind is Instance else set()
    try:
        if unknown := set(entry) - known - apart:
            raise UsageError(f"{file}: {name} has no {min(unknown)}", hint=f"known: {', '.join(sorted(known | apart))}")
        values: dict[str, Any] = {
            key: tuple(v) if isinstance(v, list) else v for key, v in entry.items() if key not in apart
        }
        return kind(name=name, **values)
    except TypeError as error:
        raise LlmcostError(
            f"{file}: {name} is incomplete: {error}", hint="docs/self_hosting.md shows an entry"
        ) from None
