"""What waits in the worker is done: in order, once, and before the process ends."""

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread, current_thread
from typing import Any

import anthropic
import pytest

from llmcost.track import flush, track, worker
from llmcost.track.log import Log
from tests.conftest import ROOT
from tests.track.conftest import Lines
from tests.track.server import Reply, Server, message

ASKED: dict[str, Any] = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}

SLOW = """
import multiprocessing, os, sys, time
from llmcost.track.log import Log
from llmcost.track.worker import flush, later

def say(who):
    later(lambda: time.sleep(0.2))
    later(lambda: Log(sys.argv[1], private=False).write({"who": who}))
"""
PROGRAMS = {
    "ends": "say('parent')",
    "exits": "say('parent'); sys.exit(0)",
    "raises": "say('parent'); raise SystemExit(0)",
    "leaves at once": "say('parent'); assert flush(); os._exit(0)",
}
FORKS = """
say("parent")
child = multiprocessing.get_context("fork").Process(target=say, args=("child",))
child.start()
child.join()
say("parent again")
"""


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_end_of_a_program_waits_for_its_lines(program: str, log: Path, lines: Lines) -> None:
    subprocess.run([sys.executable, "-c", SLOW + PROGRAMS[program], str(log)], cwd=ROOT, check=True)
    assert lines() == [{"who": "parent"}]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")
def test_a_forked_process_writes_its_own_lines_and_no_others(log: Path, lines: Lines) -> None:
    subprocess.run([sys.executable, "-c", SLOW + FORKS, str(log)], cwd=ROOT, check=True)
    assert sorted(line["who"] for line in lines()) == ["child", "parent", "parent again"]


def test_an_answer_does_not_wait_for_a_slow_disk(
    server: Server, log: Path, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Event()
    really_write = Log.write

    def write(self: Log, record: Any) -> None:
        assert disk.wait(60)
        really_write(self, record)

    monkeypatch.setattr(Log, "write", write)
    server.default = Reply(body=message())
    client = track(anthropic.Anthropic(api_key="k", base_url=server.url), log=log)
    for _ in range(3):
        client.messages.create(**ASKED)
    assert not log.exists()
    assert not flush(0.01)
    disk.set()
    assert len(lines()) == 3


def test_observers_are_called_in_the_workers_thread(server: Server, log: Path) -> None:
    names: list[str] = []
    bare = anthropic.Anthropic(api_key="k", base_url=server.url)
    client = track(bare, log=log, observe=lambda _: names.append(current_thread().name))
    server.says(Reply(body=message()))
    client.messages.create(**ASKED)
    assert flush()
    assert names == ["llmcost.track"]


def test_tasks_are_done_in_their_order() -> None:
    done: list[int] = []
    ours = worker.Worker()
    for number in range(100):
        ours.later(lambda number=number: done.append(number))  # type: ignore[misc]
    assert ours.flush(60)
    assert done == list(range(100))


def test_no_more_waits_than_memory_is_meant_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_MOST_WAITING", 5)
    ours, gate = worker.Worker(), Event()
    done: list[int] = []
    begun = Event()
    ours.later(begun.set)
    ours.later(gate.wait)
    assert begun.wait(60)
    for _ in range(5):
        ours.later(lambda: done.append(1))
    with pytest.raises(RuntimeError, match="waiting to be written"):
        ours.later(lambda: done.append(2))
    gate.set()
    assert ours.flush(60)
    assert done == [1] * 5


def test_without_threads_tasks_are_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", start)
    ours = worker.Worker()
    done: list[str] = []
    ours.later(lambda: done.append("first"))
    ours.later(lambda: done.append("second"))
    assert done == ["first", "second"]
    assert ours.flush(0)


def test_after_the_end_tasks_are_done_at_once() -> None:
    ours = worker.Worker()
    done: list[str] = []
    ours.later(lambda: done.append("before"))
    ours.finish()
    ours.later(lambda: done.append("after"))
    assert done == ["before", "after"]
