"""vLLM's server as a child, played by a fake: started, waited for, and stopped whatever happens."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llmcost.bench_gpu.child import Serving, serve
from llmcost.errors import LlmcostError
from tests.bench_gpu import fake_vllm
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake_vllm.python(tmp_path_factory.mktemp("vllm"))


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def noted(note: Path) -> tuple[int, str]:
    """The child's process and the words it was started with, once it has noted them."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        if note.exists() and note.read_text().count("\n") == 2:
            process, command = note.read_text().splitlines()
            return int(process), command
        time.sleep(0.02)
    raise AssertionError("the server was never started")


def test_it_is_up_inside_the_block_and_gone_after_it(python: Path, tmp_path: Path) -> None:
    said: list[str] = []
    note = tmp_path / "note"
    serving = Serving("tiny", random_weights=True, python=python, arguments=["--fake-note", str(note)], seed=5)
    with serve(serving, said.append) as address:
        process, command = noted(note)
        assert is_alive(process)
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))):
            pass
    assert not is_alive(process)
    assert "--load-format dummy" in command
    assert "--served-model-name tiny" in command
    assert "--seed 5" in command
    assert said[0].startswith("starting vLLM 9.9 on port ")
    assert said[1].startswith("ready after ")


def test_it_is_stopped_when_the_block_fails(python: Path, tmp_path: Path) -> None:
    note = tmp_path / "note"
    with (
        pytest.raises(ZeroDivisionError),
        serve(Serving("m", python=python, arguments=["--fake-note", str(note)]), lambda text: None),
    ):
        raise ZeroDivisionError
    assert not is_alive(noted(note)[0])


@pytest.mark.parametrize(
    ("quantization", "passed_on"), [("none", False), ("awq", False), ("gptq", False), ("fp8", True)]
)
def test_only_what_the_checkpoint_does_not_say_is_passed_on(
    python: Path, tmp_path: Path, quantization: str, passed_on: bool
) -> None:
    note = tmp_path / "note"
    serving = Serving("m", quantization=quantization, python=python, arguments=["--fake-note", str(note)])
    with serve(serving, lambda text: None):
        assert ("--quantization fp8" in noted(note)[1]) is passed_on


def test_when_it_dies_its_log_is_shown(python: Path) -> None:
    said: list[str] = []
    with (
        pytest.raises(LlmcostError, match="ended with status 7 before it was ready"),
        serve(Serving("m", python=python, arguments=["--fake-dies"]), said.append),
    ):
        pass
    assert "  | CUDA out of memory, says the fake" in said


def test_when_it_is_never_ready_it_is_given_up(python: Path, tmp_path: Path) -> None:
    note = tmp_path / "note"
    serving = Serving("m", python=python, arguments=["--fake-hangs", "--fake-note", str(note)], start_timeout_s=5)
    with pytest.raises(LlmcostError, match=r"not ready after 5 s"), serve(serving, lambda text: None):
        pass
    assert not is_alive(noted(note)[0])


def test_without_vllm_there_is_a_way_out() -> None:
    with pytest.raises(LlmcostError, match="vLLM is not installed") as raised, serve(Serving("m"), lambda text: None):
        pass
    assert "--engine torch" in str(raised.value.hint)


def test_what_is_no_python() -> None:
    with (
        pytest.raises(LlmcostError, match="not a Python that can be run"),
        serve(Serving("m", python=Path("/no/such/python")), lambda text: None),
    ):
        pass


def test_a_busy_port_is_refused(python: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(LlmcostError, match=f"port {port} cannot be used"),
            serve(Serving("m", python=python, port=port), lambda text: None),
        ):
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_the_middle(python: Path, tmp_path: Path, number: signal.Signals) -> None:
    """The child is stopped, and finished steps are kept."""
    pytest.importorskip("httpx2", reason="the client needs the bench extra")
    note, kept = tmp_path / "note", tmp_path / "steps.jsonl"
    words = ["--serve", "tiny", "--weights", "random", "--server-python", python, "--concurrency", "1,2", "--requests",
             "2", "--warm-up", "0", "--input-tokens", "9,10,11,12,13,14", "--server-arg=--fake-slow=0.4",
             "--server-arg=--fake-note", f"--server-arg={note}", "--db", kept]  # fmt: skip
    bench = subprocess.Popen(
        [sys.executable, "-m", "llmcost.bench_gpu", *map(str, words)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        ends = time.monotonic() + 40
        while not (kept.exists() and kept.read_text().endswith("\n")) and time.monotonic() < ends:
            time.sleep(0.05)
        bench.send_signal(number)
        _, errors = bench.communicate(timeout=40)
    finally:
        bench.kill()
    assert bench.returncode == 130, errors
    assert not is_alive(noted(note)[0])
    steps = [json.loads(line) for line in kept.read_text().splitlines()]
    assert 1 <= len(steps) < 12
    assert steps[0]["ok"] == 2
    assert "Traceback" not in errors
    assert "finished steps are kept" in errors
