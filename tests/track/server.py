"""A server on loopback that speaks the Messages API and OpenAI's two, as a script tells it to."""

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Event = dict[str, Any]


@dataclass
class Reply:
    """What the server says to one request."""

    status: int = 200
    body: Any = None
    events: Iterable[Event | str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    pause_s: float = 0.0  # before the second event and before the last
    is_cut: bool = False  # the connection breaks after the last event


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients here leave when they like."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Server:
    """Answers the next request with the next reply, and remembers the requests."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.default: Reply | None = None
        self._http = _Http(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def says(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    @contextmanager
    def running(self) -> Iterator["Server"]:
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                server.requests.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                server.headers.append({name.lower(): value for name, value in self.headers.items()})
                reply = server.replies.popleft() if server.replies else server.default
                assert reply, "the script has no reply to this request"
                if reply.events is None:
                    self._whole(reply)
                else:
                    self._stream(reply)

            def _whole(self, reply: Reply) -> None:
                body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in {"content-type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _stream(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in {"content-type": "text/event-stream; charset=utf-8", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                events = list(reply.events or ())
                for place, event in enumerate(events):
                    if place in (1, len(events) - 1):
                        time.sleep(reply.pause_s)
                    self._chunk(spelled(event))
                if reply.is_cut:
                    self.close_connection = True
                else:
                    self._chunk(b"")

            def _chunk(self, data: bytes) -> None:
                try:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
                except OSError:  # the client has gone
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        return Handler


def spelled(event: Event | str) -> bytes:
    """An event as it is in a stream."""
    if isinstance(event, str):
        return f"data: {event}\n\n".encode()
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


USAGE = {
    "input_tokens": 100,
    "cache_read_input_tokens": 2000,
    "cache_creation_input_tokens": 500,
    "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 300},
    "output_tokens": 42,
    "output_tokens_details": {"thinking_tokens": 7},
    "server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 0},
    "service_tier": "priority",
}

BUCKETS = {
    "input_tokens": 100,
    "cache_read_tokens": 2000,
    "cache_write_5m_tokens": 200,
    "cache_write_1h_tokens": 300,
    "output_tokens": 42,
    "reasoning_tokens": 7,
    "web_searches": 3,
}
"""What a line says of the same usage."""

ASKED: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 300,
    "system": "You forecast the weather.",
    "messages": [{"role": "user", "content": "Compare Oslo and Bergen, and list the differences."}],
}


def buckets(line: dict[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in BUCKETS}


def message(**changes: Any) -> Event:
    """A message of the Messages API."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5-20251001",
        "content": [
            {"type": "text", "text": "It is sunny."},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo", "days": 2}},
        ],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
        **changes,
    }


def message_events() -> list[Event]:
    """The same message, streamed: the final counts come at the end."""
    start = message(content=[], stop_reason=None, usage={**USAGE, "output_tokens": 1, "output_tokens_details": None})
    return [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "It is "}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "sunny."}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "content_block_start",
            "index": 1,
            "content_block": {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}},
        },
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": '{"city": "Oslo", '},
        },
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": '"days": 2}'},
        },
        {"type": "content_block_stop", "index": 1},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 42, "output_tokens_details": {"thinking_tokens": 7}, "input_tokens": None},
        },
        {"type": "message_stop"},
    ]


def anthropic_error(kind: str) -> Event:
    return {"type": "error", "error": {"type": kind, "message": "the words of the prompt"}}


CHAT_USAGE = {
    "prompt_tokens": 2006,
    "prompt_tokens_details": {"cached_tokens": 1920, "cache_write_tokens": 16},
    "completion_tokens": 300,
    "completion_tokens_details": {"reasoning_tokens": 64},
    "total_tokens": 2306,
}


def completion(**changes: Any) -> Event:
    """A chat completion."""
    tool = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "gpt-5.4-mini-2026-03-17",
        "service_tier": "flex",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "It is sunny.", "tool_calls": [tool]},
            }
        ],
        "usage": CHAT_USAGE,
        **changes,
    }


def completion_events(usage: Any = CHAT_USAGE) -> list[Event | str]:
    """The same completion, streamed: its usage in a chunk of its own, where the request asks for it."""

    def chunk(**changes: Any) -> Event:
        return {**completion(), "object": "chat.completion.chunk", "usage": None, "choices": [], **changes}

    def choice(reason: str | None = None, **delta: Any) -> list[Event]:
        return [{"index": 0, "delta": delta, "finish_reason": reason}]

    def call(**function: Any) -> list[Event]:
        return choice(tool_calls=[{"index": 0, "function": function}])

    return [
        chunk(choices=choice(role="assistant", content="")),
        chunk(choices=choice(content="It is ")),
        chunk(choices=choice(content="sunny.")),
        chunk(choices=call(name="weather", arguments="")),
        chunk(choices=call(arguments='{"city": ')),
        chunk(choices=call(arguments='"Oslo"}')),
        chunk(choices=choice("stop")),
        *([chunk(usage=usage)] if usage else []),
        "[DONE]",
    ]


def response(**changes: Any) -> Event:
    """A response of the Responses API."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1790000000,
        "status": "completed",
        "model": "gpt-5.4-2026-03-05",
        "service_tier": "default",
        "output": [
            {
                "type": "web_search_call",
                "id": "ws_1",
                "status": "completed",
                "action": {"type": "search", "query": "x"},
            },
            {"type": "web_search_call", "id": "ws_2", "status": "completed", "action": {"type": "open_page"}},
            {
                "type": "message",
                "id": "m_1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "It is sunny.", "annotations": []}],
            },
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 900,
            "input_tokens_details": {"cached_tokens": 700, "cache_write_tokens": 0},
            "output_tokens": 50,
            "output_tokens_details": {"reasoning_tokens": 20},
            "total_tokens": 950,
        },
        **changes,
    }


def response_events() -> list[Event]:
    """The same response, streamed."""
    place = {"item_id": "m_1", "output_index": 2, "content_index": 0}
    started = response(status="in_progress", output=[], usage=None)
    text = {"type": "response.output_text.delta", **place, "logprobs": []}
    *searches, said = response()["output"]
    items = [*searches, {**said, "content": [], "status": "in_progress"}]
    events: list[Event] = [
        {"type": "response.created", "response": started},
        *({"type": "response.output_item.added", "output_index": n, "item": item} for n, item in enumerate(items)),
        {"type": "response.content_part.added", **place, "part": {**said["content"][0], "text": ""}},
        {**text, "delta": "It is "},
        {**text, "delta": "sunny."},
        {"type": "response.completed", "response": response()},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]
