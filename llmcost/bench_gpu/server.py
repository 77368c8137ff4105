"""Getting to know a server before it is measured: its model, its dialect, and how long a prompt is to it."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from llmcost.bench_gpu.client import KEY_HINT, NO_KEY, Client, Dialect, NotStreamedError, RefusedError
from llmcost.bench_gpu.observation import Observation, Planned
from llmcost.bench_gpu.prompts import Prompts, calibrate
from llmcost.bench_gpu.stream import BrokenStreamError
from llmcost.errors import LlmcostError, UsageError, did_you_mean

# Tried in this order: plain completions have no template between the prompt and its length.
_DIALECTS = (
    Dialect("completions", forced=True),
    Dialect("completions", forced=False),
    Dialect("chat", forced=True),
    Dialect("chat", forced=False),
)
_NO_SUCH_PATH = (404, 405, 501)
_NOT_UNDERSTOOD = (400, 422)
_TRIAL_PROMPT = "Say something about the weather."
_TRIAL = Planned(input_tokens=0, output_tokens=4)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Who a server is by `owned_by` of its models, where it says nothing else.
_OWNERS = {"llamacpp": "llama.cpp"}


@dataclass(frozen=True)
class Server:
    """A server that can be measured."""

    client: Client
    model: str
    dialect: Dialect
    forced: bool  # answers do have the length asked for
    prompts: Prompts
    name: str | None = None
    version: str | None = None
    max_context: int | None = None  # tokens, prompt and answer together

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, so that this machine's GPU is the one measured."""
        return urlsplit(self.client.base).hostname in _LOOPBACK

    async def ask(self, planned: Planned) -> Observation:
        """Sends one request, its prompt made now, and follows the answer to the end."""
        prompt = self.prompts.text(planned.input_tokens, random.Random(planned.salt))
        return await self.client.ask(self.dialect, self.model, prompt, planned)


async def meet(client: Client, model: str | None, api: str, say: Callable[[str], None]) -> Server:
    """Finds out what is needed to measure the server behind `client`.

    `model`: which of its models, else its first; `api`: completions, chat, or auto. Raises LlmcostError where the
    server cannot be measured: nobody answers, it does not stream, it does not count tokens.
    """
    listed = await client.document("/models")
    models, headers = listed or ({}, {})
    chosen = _choose(models, model)
    dialect, first = await _dialect(client, chosen["id"], api)
    _require_usage(client, first)

    async def count_tokens(text: str) -> int | None:
        try:
            return (await client.check(dialect, chosen["id"], text, Planned(0, 1))).input_tokens
        except RefusedError as error:
            if error.status in _NOT_UNDERSTOOD:
                return None
            raise

    try:
        prompts = await calibrate(count_tokens)
    except (RefusedError, BrokenStreamError, NotStreamedError) as error:
        raise LlmcostError(f"the server fails on a prompt of a few hundred tokens: {error}") from None
    name, version = await _who(client, chosen, headers)
    server = Server(
        client, chosen["id"], dialect, dialect.forced and first.output_tokens == _TRIAL.output_tokens, prompts,
        name, version, _max_context(chosen),
    )  # fmt: skip
    say(f"{client.base}: {name or 'server'} {version or ''}".rstrip() + f", model {server.model}, {dialect.api}")
    if not server.forced:
        say("the server does not accept ignore_eos: answers may be shorter than asked for")
    return server


def _choose(listed: Mapping[str, Any], asked: str | None) -> dict[str, Any]:
    """The model to measure, as the server lists it; a server that lists none is believed to have the one asked for."""
    models = [entry for entry in listed.get("data") or () if isinstance(entry, dict) and "id" in entry]
    if not models:
        if asked is None:
            raise UsageError("the server lists no models", hint="name its model with --model NAME")
        return {"id": asked}
    if asked is None:
        return models[0]
    for entry in models:
        if entry["id"] == asked:
            return entry
    raise UsageError(
        f"the server has no model named {asked}", hint=did_you_mean(asked, [str(entry["id"]) for entry in models])
    )


async def _dialect(client: Client, model: str, api: str) -> tuple[Dialect, Observation]:
    """The first dialect that the server understands, and its first answer."""
    refused: RefusedError | None = None
    missing: set[str] = set()
    for dialect in _DIALECTS:
        if api not in ("auto", dialect.api) or dialect.api in missing:
            continue
        try:
            return dialect, await client.check(dialect, model, _TRIAL_PROMPT, _TRIAL)
        except NotStreamedError as error:
            raise LlmcostError(
                f"the server at {client.base} does not stream: {error}",
                hint="time to first token cannot be measured; turn streaming on in the server",
            ) from None
        except BrokenStreamError as error:
            raise LlmcostError(f"the server at {client.base} fails: {error}") from None
        except RefusedError as error:
            refused = error
            if error.status in _NO_SUCH_PATH:
                missing.add(dialect.api)
            elif error.status not in _NOT_UNDERSTOOD:
                break
    raise LlmcostError(
        f"the server at {client.base} refused the request: {refused}",
        hint=KEY_HINT if refused and refused.status in NO_KEY
        else "an OpenAI-compatible server has /v1/completions or /v1/chat/completions",
    )  # fmt: skip


def _require_usage(client: Client, first: Observation) -> None:
    if first.outcome == "without_usage":
        raise LlmcostError(
            f"the server at {client.base} reports no token usage in its stream",
            hint="only the server can count tokens; use one that supports stream_options.include_usage",
        )
    if first.outcome != "ok":
        raise LlmcostError(f"the server at {client.base} fails on a first request: {first.failure}")


async def _who(client: Client, model: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The server's name and version, where it gives them."""
    if found := await client.document("/version", versioned=False):
        version = found[0].get("version")
        if isinstance(version, str):
            return _owner(model) or "vllm", version
    if headers.get("server") == "llama.cpp" and (found := await client.document("/props", versioned=False)):
        build = found[0].get("build_info")
        return "llama.cpp", build if isinstance(build, str) else None
    return _owner(model), None


def _owner(model: Mapping[str, Any]) -> str | None:
    owner = model.get("owned_by")
    return _OWNERS.get(owner, owner) if isinstance(owner, str) else None


def _max_context(model: Mapping[str, Any]) -> int | None:
    meta = model.get("meta")
    limits = (model.get("max_model_len"), meta.get("n_ctx") if isinstance(meta, dict) else None)
    return next((limit for limit in limits if isinstance(limit, int) and limit > 0), None)
