"""Answers of the Anthropic Messages API."""

import json
from typing import Any

from llmcost.track.answers import Answer, as_count, as_object, as_objects, error_name

_TOOL_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")


class MessagesAnswer(Answer):
    """A message. Its counts of input, cache reads and cache writes are disjoint; output holds the thinking."""

    def whole(self, body: dict[str, Any]) -> None:
        self._message(body)
        for place, block in enumerate(as_objects(body.get("content"))):
            self._block(place, block)
        self.is_complete = bool(self.usage)

    def event(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        if kind == "message_start":
            self._message(as_object(event.get("message")))
        elif kind == "content_block_start":
            self._block(event.get("index"), as_object(event.get("content_block")))
        elif kind == "content_block_delta":
            self.has_begun = True
            delta = as_object(event.get("delta"))
            if delta.get("type") == "text_delta":
                self.add_text(delta.get("text"))
            elif delta.get("type") == "input_json_delta":
                self.add_to_tool_call(event.get("index"), None, delta.get("partial_json"))
        elif kind == "message_delta":
            self.stop_reason = as_object(event.get("delta")).get("stop_reason")
            self.add_usage(event.get("usage"))
            self.is_complete = True
        elif kind == "error":
            self.error_type = error_name(event.get("error")) or "error"

    def tokens(self) -> dict[str, int]:
        # The compaction of a long conversation is billed too, but is only listed under `iterations`.
        parts = [self.usage, *self._iterations("compaction")]
        return {name: sum(counts[name] for counts in map(_buckets, parts)) for name in _buckets({})}

    def parts(self) -> dict[str, Any]:
        return {"region": self.usage.get("inference_geo")}

    @property
    def tags(self) -> dict[str, str]:
        models = [str(advice["model"]) for advice in self._iterations("advisor_message") if advice.get("model")]
        return {"advisor_model": models[0]} if models else {}

    def _iterations(self, kind: str) -> list[dict[str, Any]]:
        return [part for part in as_objects(self.usage.get("iterations")) if part.get("type") == kind]

    def _message(self, message: dict[str, Any]) -> None:
        self.id = message.get("id")
        self.model = message.get("model")
        self.stop_reason = message.get("stop_reason")
        self.add_usage(message.get("usage"))
        self.service_tier = "fast" if self.usage.get("speed") == "fast" else self.usage.get("service_tier")

    def _block(self, place: Any, block: dict[str, Any]) -> None:
        if block.get("type") == "text":
            self.add_text(block.get("text"))
        elif block.get("type") in _TOOL_CALLS:
            # A stream's block starts with an empty input and brings the arguments later.
            arguments = json.dumps(block["input"]) if block.get("input") else ""
            self.add_to_tool_call(place, block.get("name"), arguments)


def _buckets(usage: dict[str, Any]) -> dict[str, int]:
    written = as_object(usage.get("cache_creation"))
    for_an_hour = as_count(written.get("ephemeral_1h_input_tokens"))
    # Without the split, and for what a stream's last count adds to it, the default life of five minutes.
    for_five_minutes = max(
        as_count(written.get("ephemeral_5m_input_tokens")),
        as_count(usage.get("cache_creation_input_tokens")) - for_an_hour,
    )
    return {
        "input_tokens": as_count(usage.get("input_tokens")),
        "cache_read_tokens": as_count(usage.get("cache_read_input_tokens")),
        "cache_write_5m_tokens": for_five_minutes,
        "cache_write_1h_tokens": for_an_hour,
        "output_tokens": as_count(usage.get("output_tokens")),
        "reasoning_tokens": as_count(as_object(usage.get("output_tokens_details")).get("thinking_tokens")),
        "web_searches": as_count(as_object(usage.get("server_tool_use")).get("web_search_requests")),
    }
