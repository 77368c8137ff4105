"""What an API answered, whole or as a stream of events, in the columns of llmcost's log."""

import json
from dataclasses import dataclass, field
from typing import Any

from llmcost.track.hashing import digest, packed

PROMPT_BUCKETS = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
"""The billed buckets that make up the prompt."""

_ABSURD = 1e15
"""No answer has as many tokens, or costs as much."""


def not_text(asked: Any, answered: Any) -> dict[str, int]:
    """The parts of a prompt's and an answer's count that are not text, from the details of both."""
    return {
        f"{side}_{kind}_tokens": as_count(as_object(details).get(f"{kind}_tokens"))
        for side, details in (("input", asked), ("output", answered))
        for kind in ("audio", "image")
    }


@dataclass
class Answer:
    """What has been seen of an answer so far. A subclass knows one API's shapes."""

    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    service_tier: str | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    has_begun: bool = False  # a first token has been seen
    is_complete: bool = False  # the final token counts have been seen
    error_type: str | None = None
    texts: dict[int, list[str]] = field(default_factory=dict)  # by choice, in pieces
    tool_calls: dict[Any, list[str]] = field(default_factory=dict)  # by place: name and arguments as JSON

    def whole(self, body: dict[str, Any]) -> None:
        """Takes in a whole response body."""
        raise NotImplementedError

    def event(self, event: dict[str, Any]) -> None:
        """Takes in one event of a stream."""
        raise NotImplementedError

    def tokens(self) -> dict[str, int]:
        """The billed buckets, disjoint, with `reasoning_tokens` and `web_searches`."""
        raise NotImplementedError

    def parts(self) -> dict[str, Any]:
        """What of the answer is billed at a price of its own: parts of its counts that are not text, uses of `tools`,
        and the `region` in which it was made."""
        return {}

    @property
    def tags(self) -> dict[str, str]:
        """What else the answer says about its bill."""
        return {}

    @property
    def cost_usd(self) -> float | None:
        """What the provider itself says the call cost: OpenRouter does."""
        cost = self.usage.get("cost")
        return float(cost) if isinstance(cost, int | float) and 0 <= cost < _ABSURD else None

    @property
    def text(self) -> str | None:
        """The words of the answer; None where there are none."""
        return "".join(piece for _, pieces in sorted(self.texts.items()) for piece in pieces) or None

    @property
    def hash(self) -> str | None:
        """The same for the same words and tool calls, streamed or not; None for an empty answer."""
        text = self.text
        if not text and not self.tool_calls:
            return None
        calls = [[name, _parsed(arguments)] for _, (name, arguments) in sorted(self.tool_calls.items())]
        return digest(packed([text, calls]))

    def add_usage(self, usage: Any) -> None:
        """Later counts replace earlier ones; a null says nothing."""
        self.usage.update({name: value for name, value in as_object(usage).items() if value is not None})

    def add_text(self, text: Any, choice: int = 0) -> None:
        """Adds a piece of the answer's words."""
        if isinstance(text, str) and text:
            self.texts.setdefault(choice, []).append(text)

    def add_to_tool_call(self, place: Any, name: Any, arguments: Any) -> None:
        """Adds a piece of a tool call's arguments."""
        call = self.tool_calls.setdefault(place, ["", ""])
        call[0] = call[0] or str(name or "")
        call[1] += str(arguments or "")


def as_object(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[dict[str, Any]]:
    """The JSON objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_count(value: Any) -> int:
    """A count of tokens; 0 for anything else, such as the NaN that Python's JSON may hold."""
    return int(value) if isinstance(value, int | float) and 0 <= value < _ABSURD else 0


def _parsed(arguments: str) -> Any:
    """A tool call's arguments without their spelling: streams and whole answers differ in spaces."""
    try:
        return json.loads(arguments) if arguments else {}
    except (ValueError, RecursionError):
        return arguments


def error_name(error: Any) -> str:
    """An API's word for an error, the narrower of two. Its message is left out: it may quote the prompt."""
    said = as_object(error)
    names = [said[name] for name in ("code", "type") if isinstance(said.get(name), str) and not said[name].isdigit()]
    return names[0] if names else ""
