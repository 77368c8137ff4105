"""Answers of OpenAI's two APIs, and of the many servers that speak them."""

import re
from typing import Any

from llmcost.track.answers import Answer, as_count, as_object, as_objects, error_name, not_text


class ChatAnswer(Answer):
    """A chat completion. Its prompt count holds cached and written tokens, its completion count the reasoning."""

    def whole(self, body: dict[str, Any]) -> None:
        self._read(body, "message")

    def event(self, event: dict[str, Any]) -> None:
        self._read(event, "delta")
        if event.get("error"):
            self.error_type = error_name(event["error"]) or "error"

    def tokens(self) -> dict[str, int]:
        details = as_object(self.usage.get("prompt_tokens_details"))
        # DeepSeek and Moonshot give what was read outside the details
        cached = (
            details.get("cached_tokens") or self.usage.get("prompt_cache_hit_tokens") or self.usage.get("cached_tokens")
        )
        return _buckets(
            prompt=self.usage.get("prompt_tokens"),
            cached=cached,
            written=details.get("cache_write_tokens"),
            output=self.usage.get("completion_tokens"),
            reasoning=as_object(self.usage.get("completion_tokens_details")).get("reasoning_tokens"),
            total=self.usage.get("total_tokens"),
            model=self.model,
        )

    def parts(self) -> dict[str, Any]:
        return not_text(self.usage.get("prompt_tokens_details"), self.usage.get("completion_tokens_details"))

    def _read(self, part: dict[str, Any], content: str) -> None:
        self.id = part.get("id") or self.id
        self.model = part.get("model") or self.model
        self.service_tier = part.get("service_tier") or self.service_tier
        usage = part.get("usage") or as_object(part.get("x_groq")).get("usage")
        if usage:
            self.add_usage(usage)
            self.is_complete = True
        for choice in as_objects(part.get("choices")):
            self._choice(choice, as_object(choice.get(content)))

    def _choice(self, choice: dict[str, Any], message: dict[str, Any]) -> None:
        number = as_count(choice.get("index"))
        if not number:
            self.stop_reason = choice.get("finish_reason") or self.stop_reason
        for name in ("content", "refusal"):
            self.add_text(message.get(name), number)
        for place, call in enumerate(as_objects(message.get("tool_calls"))):
            function = as_object(call.get("function"))
            position = (number, as_count(call.get("index", place)))
            self.add_to_tool_call(position, function.get("name"), function.get("arguments"))
        said = (message.get(name) for name in ("content", "refusal", "tool_calls", "reasoning_content", "reasoning"))
        self.has_begun = self.has_begun or any(said)


class ResponsesAnswer(Answer):
    """A response. Its input count holds cached and written tokens, its output count the reasoning."""

    web_searches = 0
    file_searches = 0
    containers: frozenset[str] = frozenset()

    def whole(self, body: dict[str, Any]) -> None:
        self.id = body.get("id")
        self.model = body.get("model")
        self.service_tier = body.get("service_tier")
        self.stop_reason = as_object(body.get("incomplete_details")).get("reason") or body.get("status")
        self.add_usage(body.get("usage"))
        self.is_complete = bool(self.usage)
        if body.get("status") == "failed":
            self.error_type = error_name(body.get("error")) or "failed"
        self.texts, self.tool_calls, self.web_searches = {}, {}, 0  # in place of a stream's pieces
        self.file_searches, self.containers = 0, frozenset()
        for place, item in enumerate(as_objects(body.get("output"))):
            self._item(place, item)

    def event(self, event: dict[str, Any]) -> None:
        kind = str(event.get("type"))
        if kind == "error":
            self.error_type = error_name(event.get("error", {"code": event.get("code")})) or "error"
        elif kind.endswith(".delta"):
            self.has_begun = True
            if kind in ("response.output_text.delta", "response.refusal.delta"):
                self.add_text(event.get("delta"))
        elif isinstance(event.get("response"), dict):
            self.whole(event["response"])

    def tokens(self) -> dict[str, int]:
        read = as_object(self.usage.get("input_tokens_details"))
        buckets = _buckets(
            prompt=self.usage.get("input_tokens"),
            cached=read.get("cached_tokens"),
            written=read.get("cache_write_tokens"),
            output=self.usage.get("output_tokens"),
            reasoning=as_object(self.usage.get("output_tokens_details")).get("reasoning_tokens"),
            total=self.usage.get("total_tokens"),
            model=self.model,
        )
        return {**buckets, "web_searches": self.web_searches}

    def parts(self) -> dict[str, Any]:
        used = {"file_search": self.file_searches, "container": len(self.containers)}
        return {
            **not_text(self.usage.get("input_tokens_details"), self.usage.get("output_tokens_details")),
            "tools": {name: times for name, times in used.items() if times},
        }

    def _item(self, place: int, item: dict[str, Any]) -> None:
        if item.get("type") == "message":
            for part in as_objects(item.get("content")):
                self.add_text(part.get("text") or part.get("refusal"))
        elif item.get("type") == "function_call":
            self.add_to_tool_call(place, item.get("name"), item.get("arguments"))
        elif item.get("type") == "web_search_call":
            # Opening a page and searching within it cost nothing by themselves.
            self.web_searches += as_object(item.get("action")).get("type", "search") == "search"
        elif item.get("type") == "file_search_call":
            self.file_searches += 1
        elif item.get("type") == "code_interpreter_call" and item.get("container_id"):
            self.containers |= {str(item["container_id"])}


def _buckets(
    *, prompt: Any, cached: Any, written: Any, output: Any, reasoning: Any, total: Any, model: str | None
) -> dict[str, int]:
    """Disjoint buckets of counts that hold each other. A write's life is the provider's default one.

    The total that is stated decides what holds what, as in queries/ingest/counted.sql: the prompt holds the caches and
    the answer the reasoning unless only another reading adds up to it.
    """
    read, wrote, thought = as_count(cached), as_count(written), as_count(reasoning)
    asked, answered, stated = as_count(prompt), as_count(output), as_count(total)
    # what the prompt count holds of the caches, and all of the prompt
    readings = [(read + wrote, asked)] if asked >= read + wrote else []
    readings += [(read, asked + wrote)] if asked >= read else []
    readings += [(0, asked + read + wrote)]
    inside, whole, outside = next(
        (
            (held, size, extra)
            for held, size in readings
            for extra in (0, thought)
            if stated and stated == size + answered + extra
        ),
        (*readings[0], thought if thought > answered else 0),
    )
    if reasoning is None and stated > whole + answered and re.search("gemini|grok", str(model).lower()):
        outside = stated - whole - answered  # these leave their reasoning out and have it in the total
    return {
        "input_tokens": asked - inside,
        "cache_read_tokens": read,
        "cache_write_5m_tokens": wrote,
        "cache_write_1h_tokens": 0,
        "output_tokens": answered + outside,
        "reasoning_tokens": thought,
        "web_searches": 0,
    }
