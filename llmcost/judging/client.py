"""Asks Anthropic's API, or a server that speaks it: one question at a time, or all as one batch."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost import files
from llmcost.errors import LlmcostError
from llmcost.judging.judge import INSTRUCTIONS, OUTPUT_TOKENS, Ask
from llmcost.parsing import json_value

if TYPE_CHECKING:
    import anthropic

POLL_S = 20.0
"""How often a batch is asked whether it has ended."""


def client(base_url: str, key: str) -> "anthropic.Anthropic":
    """A client for the API. Raises LlmcostError where its library is not installed."""
    try:
        import anthropic
    except ImportError:
        hint = "pip install 'llmcost-cli[judge]'"
        raise LlmcostError("asking a model needs the anthropic client", hint=hint) from None
    return anthropic.Anthropic(api_key=key, base_url=base_url)


def asking(api: "anthropic.Anthropic", model: str) -> Ask:
    """Sends questions there. Raises LlmcostError where there is no answer."""

    def ask(question: str) -> str:
        with _meaning(api):
            return _words(api.messages.create(**_body(model, question)))

    return ask


def in_batch(
    api: "anthropic.Anthropic",
    model: str,
    questions: Sequence[str],
    ticket: Path,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[tuple[int, str]]:
    """Sends all questions as one batch, waits for it, and gives the number and the words of each answer.

    The batch's id is kept in the file `ticket` until its answers are there: an interrupted run waits for the same
    batch, if the questions are the same. Raises LlmcostError where the batch cannot be sent or fetched.
    """
    with _meaning(api):
        batch = _batch(api, model, questions, ticket)
        while api.messages.batches.retrieve(batch).processing_status != "ended":
            sleep(POLL_S)
        for result in api.messages.batches.results(batch):
            if result.result.type == "succeeded":
                yield int(result.custom_id.removeprefix("pair-")), _words(result.result.message)
    ticket.unlink(missing_ok=True)


def _batch(api: "anthropic.Anthropic", model: str, questions: Sequence[str], ticket: Path) -> str:
    asked = sha256(json.dumps([model, *questions]).encode()).hexdigest()
    try:
        before = json_value(ticket.read_text(encoding="utf-8"))
        if before["asked"] == asked:
            return str(before["batch"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    requests: Any = [
        {"custom_id": f"pair-{number}", "params": _body(model, question)} for number, question in enumerate(questions)
    ]
    batch = api.messages.batches.create(requests=requests).id
    files.write(ticket, json.dumps({"batch": batch, "asked": asked}) + "\n")
    return batch


def _body(model: str, question: str) -> dict[str, Any]:
    return {
        "model": model,
        "max_tokens": OUTPUT_TOKENS,
        "system": INSTRUCTIONS,
        "messages": [{"role": "user", "content": question}],
    }


def _words(message: Any) -> str:
    return "".join(block.text for block in message.content or () if block.type == "text")


@contextmanager
def _meaning(api: "anthropic.Anthropic") -> Iterator[None]:
    """What goes wrong with a server, in one line."""
    import anthropic

    try:
        yield
    except anthropic.APIStatusError as error:
        hint = "is the key right?" if error.status_code in (401, 403) else "what was answered before is kept"
        raise LlmcostError(f"{api.base_url} answers HTTP {error.status_code}", hint=hint) from None
    except anthropic.AnthropicError as error:
        raise LlmcostError(
            f"{api.base_url} cannot be asked: {type(error).__name__}", hint="what was answered before is kept"
        ) from None
