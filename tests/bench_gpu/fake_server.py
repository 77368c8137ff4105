"""An OpenAI-compatible server on loopback that generates nothing, with delays and faults to order."""

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# What may go wrong with an answer.
FAULTS = ("http 500", "cut", "cut before the first token", "no usage", "no connection", "error event", "not json")


@dataclass
class Behaviour:
    """How the server answers."""

    ttft_s: float = 0.0
    step_s: float = 0.0  # between two tokens
    models: Sequence[str] = ("fake",)
    apis: Sequence[str] = ("completions", "chat")
    overhead: int = 3  # tokens added to every prompt
    letters: bool = False  # its tokenizer knows no words, only letters
    multiple: Sequence[str] = ()  # words that are two tokens
    forced: bool = True  # knows ignore_eos; else it refuses the word
    streams: bool = True
    usage: bool = True
    key: str | None = None
    keeps: bool = True  # a connection, for the next request
    room: int | None = None  # answers at a time; the others wait
    stop_after: int | None = None  # output tokens, whatever was asked for
    fault: Callable[[int, dict[str, Any]], str | None] = lambda number, body: None  # by number of the request, from 0
    slow: Callable[[int], float] = lambda number: 0.0  # more seconds before the first token


@dataclass
class FakeServer:
    """A running one: its address, and what it was asked."""

    behaviour: Behaviour
    address: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)  # bodies
    headers: list[str] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    def __post_init__(self) -> None:
        self._room = asyncio.Semaphore(self.behaviour.room or 10**6)

    def count(self, text: str) -> int:
        """The tokens of a prompt."""
        if self.behaviour.letters:
            return self.behaviour.overhead + len(text)
        words = re.findall(r"\S+", text)
        return self.behaviour.overhead + len(words) + sum(word in self.behaviour.multiple for word in words)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                if not await self._answer(head, json.loads(body or b"null"), writer):
                    break
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str, body: Any, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection is kept."""
        path = head.split()[1]
        self.headers.append(head)
        if self.behaviour.key and f"authorization: bearer {self.behaviour.key}" not in head.lower():
            return _whole(writer, 401, {"error": {"message": "no such key"}})
        if path == "/v1/models":
            return _whole(writer, 200, {"data": [{"id": name, "owned_by": "tests"} for name in self.behaviour.models]})
        api = {"/v1/completions": "completions", "/v1/chat/completions": "chat"}.get(path)
        if api not in self.behaviour.apis:
            return _whole(writer, 404, {"error": {"message": "not here"}})
        if "ignore_eos" in body and not self.behaviour.forced:
            return _whole(writer, 400, {"error": {"message": "unknown field ignore_eos"}})
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            async with self._room:
                return await self._generate(str(api), body, writer) and self.behaviour.keeps
        finally:
            self.in_flight -= 1

    async def _generate(self, api: str, body: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        number = len(self.asked)
        self.asked.append(body)
        fault = self.behaviour.fault(number, body)
        prompt = body["prompt"] if api == "completions" else body["messages"][0]["content"]
        tokens = min(body["max_tokens"], self.behaviour.stop_after or body["max_tokens"])
        usage = {"prompt_tokens": self.count(prompt), "completion_tokens": tokens}
        if fault == "http 500":
            return _whole(writer, 500, {"error": {"message": "out of\x1b[31m luck"}})
        if fault == "no connection":
            return False
        if not self.behaviour.streams:
            return _whole(writer, 200, {"choices": [{"text": "all at once"}], "usage": usage})
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n")
        writer.write(b"\r\n" if self.behaviour.keeps else b"Connection: close\r\n\r\n")
        await asyncio.sleep(self.behaviour.ttft_s + self.behaviour.slow(number))
        if fault == "cut before the first token":
            return False
        if api == "chat":
            _piece(writer, {"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})
        for made in range(1, tokens + 1):
            if fault and made > tokens // 2:
                if fault == "error event":
                    _piece(writer, {"error": {"message": "cache is full"}})
                if fault == "not json":
                    _piece(writer, "{half a pie")
                if fault != "no usage":
                    await writer.drain()
                    return False
            if made > 1:
                await asyncio.sleep(self.behaviour.step_s)
            finish = "length" if made == tokens else None
            choice = {"delta": {"content": " x"}} if api == "chat" else {"text": " x"}
            _piece(writer, {"choices": [{**choice, "finish_reason": finish}]})
            await writer.drain()
        if self.behaviour.usage and fault != "no usage":
            _piece(writer, {"choices": [], "usage": usage})
        _chunk(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


def _piece(writer: asyncio.StreamWriter, event: dict[str, Any] | str) -> None:
    text = event if isinstance(event, str) else json.dumps(event)
    _chunk(writer, f"data: {text}\n\n".encode())


def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def _whole(writer: asyncio.StreamWriter, status: int, document: dict[str, Any]) -> bool:
    data = json.dumps(document).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    return True


@contextmanager
def running(behaviour: Behaviour | None = None) -> Iterator[FakeServer]:
    """A server in a thread of its own, while the block runs."""
    fake = FakeServer(behaviour or Behaviour())
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(fake.serve, "127.0.0.1", 0))
    fake.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def end() -> None:
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    try:
        yield fake
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
