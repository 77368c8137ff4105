"""What a request asks: its blocks as a prompt cache sees them, and what decides the answer."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal

from llmcost.track.complexity import complexity
from llmcost.track.hashing import digest, packed

Api = Literal["messages", "chat", "responses"]

_NO_PART_IN_THE_ANSWER = frozenset(
    """
    background metadata prompt_cache_key prompt_cache_options prompt_cache_retention safety_identifier
    service_tier speed store stream stream_options user
    """.split()
)
"""Parameters that say how to serve, bill or label a request. Any other is taken to decide the answer."""

_CAPS = ("max_completion_tokens", "max_output_tokens", "max_tokens")

_WRITTEN_ELSEWHERE = frozenset({"model", "tools", "functions", "system", "instructions", "messages", "input"})

_MEDIA_CHARS = 6_400
"""Characters that an embedded image or file counts as in a prompt's length, at most: about 1,600 tokens of four
characters, what providers document for a large image. Its Base64 is hundreds of times longer."""


@dataclass(frozen=True, slots=True)
class Block:
    """One of the parts that a prompt cache may end after."""

    hash: str  # of this block and all before it
    chars: int  # of this block alone


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request, with its texts for those who asked to record them."""

    hash: str
    blocks: list[Block]
    system_blocks: int
    is_whole: bool  # False: the provider adds its own turns to it, such as an earlier response's
    system: str | None
    last_user_turn: str | None
    max_output_tokens: int | None
    cache_key: str | None  # a hash; '': the request names none; None: its API has none
    cache_retention: str | None

    @property
    def complexity(self) -> float | None:
        """0 to 1, of the last turn in which the user says something; None where no turn does."""
        return None if self.last_user_turn is None else complexity(self.last_user_turn)

    def prefix(self, prompt_tokens: int) -> list[dict[str, str | int]] | None:
        """Cumulative (hash, tokens): the billed prompt shared out by length, so that the last equals it."""
        if not self.is_whole or not self.blocks or not prompt_tokens:
            return None
        whole = sum(block.chars for block in self.blocks)
        prefix: list[dict[str, str | int]] = []
        chars = 0
        for block in self.blocks:
            chars += block.chars
            prefix.append({"hash": block.hash, "tokens": round(prompt_tokens * chars / whole)})
        return prefix


def read_prompt(api: Api, content: bytes, model: str | None) -> Prompt:
    """The prompt in a request's body. `model` is the one asked for, which some hosts have in the URL.

    Raises ValueError where the body is not a JSON object.
    """
    body = json.loads(content, object_hook=_without_breakpoint if b'"cache_control"' in content else None)
    if not isinstance(body, dict):
        raise ValueError("the request's body is not a JSON object")
    tools = body.get("tools") or body.get("functions")
    system, turns = _system_and_turns(api, body)
    embeds = b"base64" in content or b'"input_audio"' in content
    blocks = list(_chained(embeds, [tools] if tools else [], system, turns))
    deciding = [
        (name, value)
        for name, value in sorted(body.items())
        if name not in _NO_PART_IN_THE_ANSWER and name not in _WRITTEN_ELSEWHERE
    ]
    return Prompt(
        hash=digest(packed([model, deciding]), blocks[-1].hash.encode() if blocks else b""),
        blocks=blocks,
        system_blocks=bool(tools) + len(system),
        is_whole=not any(body.get(name) for name in ("previous_response_id", "conversation", "prompt")),
        system="\n".join(map(text_of, system)) or None,
        last_user_turn=next(filter(None, map(text_of, reversed(_users(turns)))), None),
        max_output_tokens=next(filter(None, map(body.get, _CAPS)), None),
        cache_key=None if api == "messages" else _hashed(body.get("prompt_cache_key")),
        cache_retention=_retention(body),
    )


def _hashed(key: Any) -> str:
    return digest(packed(key)) if key else ""


def _retention(body: Mapping[str, Any]) -> str | None:
    """For how long OpenAI's caches are asked to keep what the request writes, as the request has it."""
    options = body.get("prompt_cache_options")
    asked = body.get("prompt_cache_retention") or (options.get("ttl") if isinstance(options, dict) else None)
    return asked if isinstance(asked, str) else None


def text_of(turn: Any) -> str:
    """The words in a message, a list of content parts or a part; no tool's input or result."""
    if isinstance(turn, str):
        return turn
    if isinstance(turn, list):
        return "\n".join(filter(None, map(text_of, turn)))
    if not isinstance(turn, dict):
        return ""
    if isinstance(turn.get("text"), str):
        return str(turn["text"])
    return "" if turn.get("type") == "tool_result" else text_of(turn.get("content"))


def _without_breakpoint(value: dict[str, Any]) -> dict[str, Any]:
    """A cache breakpoint moves from turn to turn; neither the answer nor what can be cached depends on it."""
    value.pop("cache_control", None)
    return value


def _system_and_turns(api: Api, body: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """The system prompt's blocks and the conversation's messages, a block each."""
    if api == "messages":
        return _parts(body.get("system")), _messages(body.get("messages"))
    if api == "chat":
        instructions, turns = [], _messages(body.get("messages"))
    else:
        instructions, turns = _parts(body.get("instructions")), _messages(body.get("input"))
    leading = list(takewhile(lambda turn: _role(turn) in ("system", "developer"), turns))
    return instructions + leading, turns[len(leading) :]


def _parts(content: Any) -> list[Any]:
    """A text is short for a list of one text."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content if isinstance(content, list) else []


def _messages(messages: Any) -> list[Any]:
    if isinstance(messages, str):
        return [{"role": "user", "content": _parts(messages)}]
    return [
        {**message, "content": _parts(message["content"])}
        if isinstance(message, dict) and isinstance(message.get("content"), str)
        else message
        for message in (messages if isinstance(messages, list) else ())
    ]


def _users(turns: list[Any]) -> list[Any]:
    return [turn for turn in turns if _role(turn) == "user"]


def _role(turn: Any) -> Any:
    return turn.get("role") if isinstance(turn, dict) else None


def _chained(embeds: bool, *parts: Iterable[Any]) -> Iterable[Block]:
    """The blocks in the order a prompt cache has them: tools, system prompt, messages."""
    before = ""
    for part in parts:
        for block in part:
            data = packed(block)
            before = digest(before.encode(), data)
            chars = len(data.decode("utf-8", "ignore"))
            yield Block(before, chars - _embedded_chars(block) if embeds else chars)


def _embedded_chars(value: Any) -> int:
    """How many characters of embedded images and files are over what they count as."""
    if isinstance(value, list):
        return sum(map(_embedded_chars, value))
    if not isinstance(value, dict):
        return 0
    over = 0
    for name, item in value.items():
        if not isinstance(item, str):
            over += _embedded_chars(item)
        elif len(item) > _MEDIA_CHARS and _is_media(value, name, item):
            over += len(item) - _MEDIA_CHARS
    return over


def _is_media(holder: dict[str, Any], name: str, text: str) -> bool:
    """Whether the text is an embedded image or file: a data URL, Anthropic's `source`, OpenAI's `input_audio`."""
    if name == "data":
        return holder.get("type") == "base64" or "format" in holder
    return name in ("url", "image_url", "file_data") and text.startswith("data:")
