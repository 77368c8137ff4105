"""Which model of the price table a log means: names as gateways, clouds and SDKs write them.

The package genai-prices knows the providers' own names and many others. Here the rest is
taken off (prefixes of gateways, routes, ARNs, variants, dates) and it is decided who bills.
A name that stays doubtful finds nothing: an unpriced request is named to the user, a
wrongly priced one is not.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

Host = str | Literal[False] | None
"""Who serves a model: the package's provider id; False: somebody it has no prices of; None: not said."""

LONGEST_NAME = 200
"""Characters. No model's name is longer; what is longer is not looked up."""

_HOSTS = (
    (r"^azure|^az\.|\.azure\.com$", "azure"),
    (r"^vertex|^gcp\.|^google|^gemini|\.googleapis\.com$", "google"),
    (r"^(aws[._-])?bedrock|^amazon", "aws"),
    (r"^fireworks", "fireworks"),
    (r"^together", "together"),
    (r"(^|\.)x[._-]?ai$", "x-ai"),
    (r"(^|\.)api\.openai\.com$", "openai"),
    (r"^(us|ca)-api\.together\.", "together"),
    (r"^(text-completion-)?codestral", "mistral"),
    (r"^z[._-]ai$", "zai"),
    (r"^github[._-]copilot", "github-copilot"),
)
"""Spellings of the package's providers that it does not know, or confuses with another (azure.openai with openai)."""

_OWN_SERVERS = re.compile(
    r"""^(ollama|lm[._-]?studio|(hosted_)?vllm|sglang|llama[._-]?(file|cpp)|xinference|docker_model_runner|oobabooga
        |localai|local$|localhost|koboldcpp|text-generation-inference|tgi$|triton|infinity$|petals|sagemaker
        |127\.|0\.0\.0\.0|10\.|192\.168\.|host\.docker\.)""",
    re.VERBOSE,
)
"""The user's own servers: a hosted model of the same name says nothing about what they cost."""

_OTHER_HOSTS = re.compile(
    r"deepinfra|replicate|nvidia_nim|sambanova|hyperbolic|nebius|nscale|lambda_ai|friendliai|anyscale|huggingface"
    r"|featherless|watsonx|^ibm\.|snowflake|dashscope|volcengine|predibase|crusoe"
)
"""Hosts with their own price list, which the package does not have."""

_PROTOCOLS = {"openai", "anthropic"}
"""Providers whose API others speak too, so that a log may name them for a model that is not theirs."""

_CLOSED_MAKERS = {"anthropic", "google", "openai", "x-ai"}
"""Their models' weights are nobody else's: under an unknown prefix the name still says what it costs."""

_OPEN_WEIGHTS = re.compile(r"(openai/)?gpt-oss")
"""Named like a closed maker's models, but served by everybody, each at a price of his own."""

_BEDROCK = re.compile(
    r"^arn:|^((us|eu|apac|global|us-gov|jp|au|in|ca)\.)?"
    r"(ai21|amazon|anthropic|cohere|deepseek|meta|mistral|moonshotai|openai|qwen|writer|zai)\."
)
"""Names that only AWS gives: an ARN, or a maker's name before a point."""

BATCHED = ":batch"
"""What OpenRouter puts behind a model's name for its batches: a tier of the model, which the package lists apart."""

_PATHS = re.compile(r"^.*/models/|^models/")
_ARN = re.compile(r"^arn:.*/")
_ROUTES = re.compile(r"^(converse(_like)?|invoke|us|eu|global|global-standard|[a-z]{2}(-[a-z]+)+-\d)/")
_VARIANT = re.compile(r":(nitro|floor|online|thinking|exacto|beta)$|\[1m\]$")
_DATE = re.compile(r"[-@]20\d{2}-?\d{2}-?\d{2}(?=-v\d|:|$)")


class Found(NamedTuple):
    """A model of the package, who bills it, and whose price that is."""

    provider: "Provider"
    model: "ModelInfo"
    maker: "Provider | None"  # the provider, or whose price it charges; None: nobody's, a free model that is not listed


_fetched_at: datetime | None = None


def fetched() -> datetime | None:
    """When the data in use was fetched; None for that of the installed package."""
    return _fetched_at


def use(data: "list[Provider] | None", at: datetime | None) -> None:
    """Makes fetched data the price table of this process; None: the installed package's again."""
    global _fetched_at
    from genai_prices.data_snapshot import DataSnapshot, set_custom_snapshot

    set_custom_snapshot(None if data is None else DataSnapshot(data, from_auto_update=True))
    _fetched_at = at
    for known in (providers, find, host_of, _ids):
        known.cache_clear()


@cache
def providers() -> "dict[str, Provider]":
    """The package's providers by id."""
    from genai_prices.data_snapshot import get_snapshot

    return {provider.id: provider for provider in get_snapshot().providers}


@cache
def find(provider_logged: str | None, model_logged: str) -> Found | None:
    """The model that a log means by these two words; None for one that has no price."""
    if len(model_logged) > LONGEST_NAME:
        return None
    host, name = host_of(provider_logged), model_logged.strip().lower()
    if host in (None, *_PROTOCOLS) and _BEDROCK.match(name):
        host = "aws"
    if host is False:
        return None
    if host is not None:
        found = _hosted(host, name)
        if found is not None or host not in _PROTOCOLS:
            return found
    if _OPEN_WEIGHTS.match(name):
        return None
    prefix, slash, rest = name.partition("/")
    if not slash:
        return _made(name)
    host = host_of(prefix)
    if host is False:
        return None
    if host is not None:
        return _hosted(host, rest)
    found = _made(name.rpartition("/")[2])
    return found if found is not None and found.provider.id in _CLOSED_MAKERS else None


@cache
def host_of(provider_logged: str | None) -> Host:
    """Who a log's provider is: a name in any spelling, a host or the address of an API."""
    from genai_prices.data_snapshot import find_provider_by_id

    if not provider_logged:
        return None
    word = provider_logged.strip().lower().removeprefix("https://").removeprefix("http://")
    if word in providers():
        return word
    if _OWN_SERVERS.match(word):
        return False
    for pattern, provider_id in _HOSTS:
        if re.search(pattern, re.split(r"[/:]", word)[0]):
            return provider_id
    named = find_provider_by_id(list(providers().values()), word)
    if named is not None:
        return named.id
    if _OTHER_HOSTS.search(word):
        return False
    return next((p.id for p in providers().values() if re.match(p.api_pattern, f"https://{word}")), None)


def bare(model_logged: str) -> Iterator[str]:
    """The name without the gateway before it, as it is and without the date after it."""
    name = model_logged.strip().lower()[:LONGEST_NAME].rpartition("/")[2]
    yield name
    yield _DATE.sub("", name)


def nearest(model_logged: str, count: int = 3) -> list[str]:
    """The ids in the price table that are spelled most like this name."""
    from difflib import get_close_matches

    name = model_logged[:LONGEST_NAME].rpartition("/")[2].lower()
    return get_close_matches(name, _ids(), n=count, cutoff=0.6)


@cache
def _ids() -> list[str]:
    return sorted({model.id for provider in providers().values() for model in provider.models})


def _hosted(host: str, name: str) -> Found | None:
    """The model as this provider lists it, or resells it at its maker's price."""
    from genai_prices.types import ClauseEquals, ModelInfo, ModelPrice

    provider = providers()[host]
    plain = name.removesuffix(BATCHED)
    if plain != name:
        found = _hosted(host, plain)
        if found is not None and (of_tier(found, "batch") == _own(provider, name) or _own(provider, name) is None):
            return found
    for form in _forms(provider, name):
        model = provider.find_model(form, all_providers=list(providers().values())) or _own(provider, form)
        if model is not None:
            return _priced(provider, model)
    if host == "openrouter" and name.endswith(":free"):
        name = name.removeprefix("openrouter/")
        return Found(provider, ModelInfo(id=name, match=ClauseEquals(name), prices=ModelPrice()), None)
    return None


def of_tier(found: Found, tier: str) -> "ModelInfo | None":
    """The model that the provider lists for a tier of this one, under its name and the tier's; None for no such."""
    ending = f":{tier}"
    return found.model if found.model.id.endswith(ending) else _own(found.provider, found.model.id + ending)


def _own(provider: "Provider", model_id: str) -> "ModelInfo | None":
    return next((own for own in provider.models if own.id.lower() == model_id.lower()), None)


def _priced(provider: "Provider", model: "ModelInfo") -> Found:
    own_model = _own(provider, model.id)  # before that of another maker by the same name: one name, one price
    if own_model is not None:
        return Found(provider, own_model, provider)
    maker = next(p for p in providers().values() if any(own is model for own in p.models))
    return Found(provider, model, maker)


def _forms(provider: "Provider", name: str) -> Iterator[str]:
    """The name as it is, then without its gateway's prefixes, then without what follows the model."""
    yield name
    prefix, slash, rest = name.partition("/")
    if slash and host_of(prefix) in (provider.id, *(provider.fallback_model_providers or ())):
        name = rest
        yield name
    for pattern in (_PATHS, _ARN, _ROUTES, _VARIANT, _DATE):
        shorter = pattern.sub("", name)
        if shorter != name:
            name = shorter
            yield name


def _made(name: str) -> Found | None:
    """The model at the price of its maker, known by the name alone."""
    from genai_prices.data_snapshot import get_snapshot

    try:
        maker = get_snapshot().find_provider(name, None, None)
    except LookupError:
        return None
    return _hosted(maker.id, name)
