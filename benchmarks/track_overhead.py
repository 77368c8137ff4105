"""What tracking adds to a call: the real anthropic client against a server on loopback that takes 50 ms.

    python -m benchmarks.track_overhead [--pairs N] [--calls N]

Tracked and untracked calls alternate. Printed for each case: the ratio of the two medians
of each pair of runs, as median (lowest to highest) over the pairs, and the processor time
that tracking adds to a call, most of it in the tracker's own thread once the application
has its answer. Each call is given the time to be written before the next is begun, so
that none pays for another.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.track import failures, flush, track

if TYPE_CHECKING:
    from anthropic import Anthropic

CALL_S = 0.05
DELTAS = 10
USAGE = {"input_tokens": 1000, "cache_read_input_tokens": 0, "output_tokens": 400}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5",
    "content": [{"type": "text", "text": "An answer of a usual length. " * 50}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": USAGE,
}


@dataclass(frozen=True)
class Case:
    """A kind of call."""

    name: str
    prompt_chars: int
    streams: bool = False

    def call(self, client: Anthropic) -> None:
        asked: Any = {
            "model": "claude-haiku-4-5",
            "max_tokens": 1000,
            "system": "You are of help. " * 100,
            "messages": [
                {"role": "assistant" if turn % 2 else "user", "content": "word " * (self.prompt_chars // 45)}
                for turn in range(9)
            ],
        }
        if self.streams:
            with client.messages.stream(**asked) as stream:
                stream.until_done()
        else:
            client.messages.create(**asked)


CASES = (
    Case("a prompt of 1,000 tokens", 4_000),
    Case("a prompt of 20,000 tokens", 80_000),
    Case(f"a stream of {DELTAS} deltas", 4_000, streams=True),
)


@dataclass
class Sample:
    """One call: seconds until its answer, and this process's processor seconds until its line is written."""

    wall_s: float
    cpu_s: float

    @classmethod
    def of(cls, call: Callable[[], None]) -> Sample:
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        wall = time.perf_counter() - wall
        flush()
        return cls(wall, time.process_time() - cpu)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.track_overhead", description="What tracking costs.")
    parser.add_argument("--pairs", type=int, default=7, help="pairs of runs (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=40, help="calls of each run (default: %(default)s)")
    arguments = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            for case in CASES:
                print(_measured(case, url, Path(folder) / "usage.jsonl", arguments.pairs, arguments.calls), flush=True)
    finally:
        server.terminate()
    flush()
    if failures():
        raise SystemExit(f"{failures()} calls were not recorded: the figures mean nothing")


def _measured(case: Case, url: str, log: Path, pairs: int, calls: int) -> str:
    import anthropic

    bare = anthropic.Anthropic(api_key="k", base_url=url)
    tracked = track(bare.with_options(), log=log, feature="benchmark")
    for client in (bare, tracked):
        case.call(client)
    ratios: list[float] = []
    walls: list[float] = []
    added: list[float] = []
    for _ in range(pairs):
        without: list[Sample] = []
        with_it: list[Sample] = []
        for number in range(calls):
            turns = [(bare, without), (tracked, with_it)]
            for client, samples in turns if number % 2 else reversed(turns):
                samples.append(Sample.of(lambda client=client: case.call(client)))  # type: ignore[misc]
        walls.append(_median(without, "wall_s"))
        ratios.append(_median(with_it, "wall_s") / walls[-1])
        added.append(_median(with_it, "cpu_s") - _median(without, "cpu_s"))
    return (
        f"{case.name:28} {statistics.median(walls) * 1e3:5.1f} ms untracked"
        f"   tracked × {statistics.median(ratios):.4f} ({min(ratios):.4f} to {max(ratios):.4f})"
        f"   processor +{statistics.median(added) * 1e6:.0f} µs"
    )


def _median(samples: list[Sample], name: str) -> float:
    values: list[float] = [getattr(sample, name) for sample in samples]
    return statistics.median(values)


def _serve(pipe: Connection) -> None:
    """Answers every request after 50 ms; a stream begins after half of them and brings its deltas in the rest."""
    asyncio.run(_server(pipe))


async def _server(pipe: Connection) -> None:
    server = await asyncio.start_server(_connection, "127.0.0.1", 0, limit=1 << 24)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
        except asyncio.IncompleteReadError:
            return
        length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        started = asyncio.get_running_loop().time()
        if json.loads(body).get("stream"):
            await _stream(writer, started)
        else:
            await _until(started + CALL_S)
            answer = json.dumps(MESSAGE).encode()
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(answer)
            writer.write(head + answer)
        await writer.drain()


async def _stream(writer: asyncio.StreamWriter, started: float) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    await _until(started + CALL_S / 2)
    begun = {**MESSAGE, "content": [], "stop_reason": None, "usage": {**USAGE, "output_tokens": 1}}
    _send(writer, {"type": "message_start", "message": begun})
    _send(writer, {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    for number in range(DELTAS):
        await _until(started + CALL_S / 2 * (1 + (number + 1) / DELTAS))
        _send(
            writer, {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "some words "}}
        )
    _send(writer, {"type": "content_block_stop", "index": 0})
    _send(writer, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 400}})
    _send(writer, {"type": "message_stop"})
    writer.write(b"0\r\n\r\n")


def _send(writer: asyncio.StreamWriter, event: dict[str, Any]) -> None:
    data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))


async def _until(moment: float) -> None:
    await asyncio.sleep(max(moment - asyncio.get_running_loop().time(), 0))


if __name__ == "__main__":
    main()
