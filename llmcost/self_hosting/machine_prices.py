"""What an hour of a machine costs: dated prices by region and by how it is paid, and the one in force."""

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from llmcost.errors import LlmcostError, UsageError, did_you_mean

Kind = Literal["on-demand", "spot", "reserved-1y", "reserved-3y", "reserved", "own"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LISTED: dict[Kind, str] = {
    "on-demand": "on_demand", "spot": "spot", "reserved-1y": "one_year", "reserved-3y": "three_years",
}  # fmt: skip
"""The kinds that the tables have, and the key of an entry that holds each."""
COMMITTED_YEARS: dict[Kind, int] = {"reserved-1y": 1, "reserved-3y": 3}
STALE_DAYS = 90

_ENTRY = {"instance", "region", "date", "source", *LISTED.values()}
_OWN = "llmcost.toml"


@dataclass(frozen=True)
class Offer:
    """An entry of a table: what a machine costs in one region, US dollars an hour, by how it is paid."""

    instance: str
    usd_per_hour: dict[Kind, float]
    region: str | None = None  # None: the same everywhere
    date: datetime.date | None = None  # read or published on that day; None: nobody says when
    source: str = _OWN
    is_own: bool = False  # the user's: wins over those shipped


@dataclass(frozen=True)
class Price:
    """What one machine costs, and how that is known."""

    usd_per_hour: float
    kind: Kind
    region: str | None = None
    date: datetime.date | None = None
    source: str = "as given"
    is_given: bool = False

    def document(self) -> dict[str, Any]:
        """The same for JSON, its day as text."""
        return asdict(self) | {"date": self.date.isoformat() if self.date else None}

    @property
    def committed_usd(self) -> float | None:
        """What one machine costs in all the time that is signed for; None without a commitment."""
        years = COMMITTED_YEARS.get(self.kind)
        return None if years is None else years * 8760 * self.usd_per_hour

    def caveats(self, on: datetime.date) -> list[str]:
        """Where the price is from, and what makes it uncertain on that day."""
        if self.is_given:
            return []
        place = f" in {self.region}" if self.region else ""
        said = f"price: ${self.usd_per_hour:g} an hour, {self.kind}{place}, {self.source}"
        if self.date is None:
            said += "; date unknown"
        elif (age := (on - self.date).days) > STALE_DAYS:
            said += f"; of {self.date}, {age} days old: give what you would pay as usd_per_hour"
        else:
            said += f", {self.date}"
        if self.committed_usd is not None:
            said += f"; a machine is signed for ${self.committed_usd:,.0f} whatever becomes of the traffic"
        return [said]


def in_force(
    offers: Sequence[Offer], name: str, kind: Kind, region: str | None = None, on: datetime.date | None = None
) -> Price:
    """The newest price of that kind on a day (today), in a region, or in the first that an entry names.

    The user's own entries win; one without a date counts where no other does. Raises UsageError for a region that no
    entry is about, LlmcostError where none has such a price.
    """
    on = on or datetime.date.today()
    here = _in_region(offers, name, region)
    priced = [offer for offer in here if kind in offer.usd_per_hour]
    if not priced:
        raise LlmcostError(f"no {kind} price is known for {name}{_place(here, region)}", hint=_hint(offers, kind))
    known = [offer for offer in priced if offer.date is None or offer.date <= on]
    if not known:
        first = min(offer.date for offer in priced if offer.date is not None)
        raise LlmcostError(
            f"no {kind} price of {name} is known for {on}{_place(here, region)}",
            hint=f"the first is of {first}; give one with usd_per_hour=…",
        )
    best = max(known, key=lambda offer: (offer.is_own, offer.date or datetime.date.min))
    return Price(best.usd_per_hour[kind], kind, best.region, best.date, best.source)


def regions(offers: Iterable[Offer]) -> list[str]:
    """Those that the entries are about, in their order."""
    return list(dict.fromkeys(offer.region for offer in offers if offer.region is not None))


def read(entry: Any, file: object, *, is_own: bool) -> Offer:
    """An entry of `[[machine_prices]]`; LlmcostError naming what is wrong with it."""
    if not isinstance(entry, dict) or not isinstance(entry.get("instance"), str):
        raise LlmcostError(f"{file}: an entry of machine_prices has no instance", hint='instance = "g4dn.xlarge"')
    where = f"{file}: the price of {entry['instance']}"
    if unknown := set(entry) - _ENTRY:
        raise UsageError(f"{where} has no {min(unknown)}", hint=f"known: {', '.join(sorted(_ENTRY))}")
    for text in ("region", "source"):
        if not isinstance(entry.get(text, ""), str):
            raise LlmcostError(f"{where}: {text} is not text: {entry[text]!r}")
    usd = {kind: dollars(entry[key], f"{where}: {key}") for kind, key in LISTED.items() if key in entry}
    if not usd:
        raise LlmcostError(f"{where} has no price", hint=f"one of {', '.join(LISTED.values())}")
    return Offer(
        entry["instance"], usd, entry.get("region"), day(entry.get("date"), where), entry.get("source", _OWN), is_own
    )


def dollars(value: Any, where: str) -> float:
    """A price; LlmcostError for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise LlmcostError(f"{where} is not a number of at least 0: {value!r}", hint="US dollars an hour")
    return float(value)


def day(value: Any, where: str) -> datetime.date | None:
    """A day, None where there is none; LlmcostError for what is neither."""
    if value is None or (isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)):
        return value
    raise LlmcostError(f"{where}: date is not a day: {value!r}", hint="date = 2026-11-24, without quotation marks")


def _in_region(offers: Sequence[Offer], name: str, region: str | None) -> list[Offer]:
    known = regions(offers)
    if region is None:
        region = known[0] if known else None
    elif not known:
        raise UsageError(f"{name} has no price by region", hint="leave out region; its price is the same everywhere")
    elif region not in known:
        raise UsageError(f"{name} has no price in {region}", hint=did_you_mean(region, known))
    return [offer for offer in offers if offer.region in (region, None)]


def _place(here: Sequence[Offer], region: str | None) -> str:
    found = region or next(iter(regions(here)), None)
    return f" in {found}" if found else ""


def _hint(offers: Sequence[Offer], kind: Kind) -> str:
    elsewhere = regions(offer for offer in offers if kind in offer.usd_per_hour)
    said = "give it with usd_per_hour=…"
    if kind == "own":
        return f"{said}; for own hardware: (purchase / hours of its life) + power"
    return f"{said}, or region={' or '.join(elsewhere[:3])}" if elsewhere else said
