"""Words of the command line, checked: numbers, loads, prices."""

import re

from llmcost import numerals
from llmcost.bench_gpu.dollars import OwnLoad, Pricing
from llmcost.bench_gpu.run import Closed, Load, Open, Replay, Sweep
from llmcost.bench_gpu.serving import Lengths
from llmcost.bench_gpu.surroundings import Surroundings
from llmcost.errors import UsageError
from llmcost.numerals import Number

_CONCURRENCY = "1,4,16"
_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([kmb]?)", re.ASCII | re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)|(?<=--api-key[= ])\S+")


def numbers(option: str, text: str, kind: type[Number]) -> tuple[Number, ...]:
    """Comma-separated positive numbers, in the order given; UsageError when there is anything else."""
    try:
        values = tuple(numerals.read(word, kind) for word in text.split(","))
    except ValueError:
        values = ()
    if not values or not all(0 < value < float("inf") for value in values):
        what = "whole numbers" if kind is int else "numbers"
        raise UsageError(f"{option} {text} is not a list of {what} above 0", hint="like 1,4,16")
    return values


def own_load(text: str) -> OwnLoad:
    """Tokens a day, written INPUT/OUTPUT with k, M or B: 30M/10M."""
    amounts = [found for word in text.split("/") if (found := amount(word)) is not None]
    if len(amounts) != 2 or text.count("/") != 1:
        raise UsageError(f"--own-load {text} is not two amounts", hint="input and output tokens a day, like 30M/10M")
    return OwnLoad(*amounts)


def amount(text: str) -> float | None:
    """A number of tokens, with k, M or B for thousands, millions or billions; None for other texts."""
    found = _AMOUNT.fullmatch(text.strip())
    return float(found[1]) * _SCALES[found[2].lower()] if found else None


def lengths(input_tokens: str, output_tokens: int) -> list[Lengths]:
    """Each length of the prompt with the length of the answer."""
    return [Lengths(tokens, output_tokens) for tokens in numbers("--input-tokens", input_tokens, int)]


def require_one_load(concurrency: str | None, rate: str | None, sweep: bool, replay: bool) -> None:
    """UsageError when more than one load was given."""
    if sum((concurrency is not None, rate is not None, sweep, replay)) > 1:
        raise UsageError("more than one load was given", hint="one of --concurrency, --rate, --sweep, --replay")


def fixed_load(of: list[Lengths], concurrency: str | None, rate: str | None, most: int | None) -> Load:
    """A load of identical requests: at a rate, a sweep up to a number in flight, or a number in flight."""
    if rate is not None:
        return Open(of, numbers("--rate", rate, float))
    if most is not None:
        return Sweep(of, most)
    return Closed(of, numbers("--concurrency", concurrency or _CONCURRENCY, int))


def replayed_load(around: Surroundings, compression: float) -> Replay:
    """The logged traffic as a load."""
    arrivals = around.arrivals()
    if not arrivals:
        raise UsageError("there are no logged requests to replay", hint="llmcost ingest PATH")
    return Replay(arrivals, compression)


def pricing(around: Surroundings, usd_per_hour: float | None, instance: str | None, own: str | None) -> Pricing:
    """The machine's price: as given, else the instance's; and the load it would serve: as given, else as logged."""
    if usd_per_hour is None and instance is not None:
        usd_per_hour = around.usd_per_hour(instance)
    return Pricing(usd_per_hour, instance, own_load(own) if own else around.own_load())


def without_secrets(command: str) -> str:
    """A command line as it may be kept: keys, and passwords in addresses, left out."""
    return _CREDENTIALS.sub("…", command)
