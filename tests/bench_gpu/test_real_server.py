"""Against a real server: llama.cpp's, with a model of random weights made here.

It comes as one prebuilt wheel of 34 MB without dependencies (xllamacpp), is ready in milliseconds and needs no torch;
it streams, batches continuously, keeps connections, counts tokens and cuts text into them as servers in use do.
"""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmcost.bench_gpu.measurement import Row
from llmcost.bench_gpu.metrics import Targets
from llmcost.bench_gpu.run import Closed, Endpoint, Open, Replay, Sweep, measure_endpoint
from llmcost.bench_gpu.serving import Arrival, Effort, Lengths
from tests.bench_gpu.conftest import Make
from tests.bench_gpu.random_gguf import write

pytest.importorskip("httpx2", reason="the client needs the bench extra")
pytest.importorskip("xllamacpp", reason="the real server is xllamacpp's, which is not installed here")

_SERVER = """
import sys, xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.model_alias = sys.argv[1], {"tiny"}
parameters.n_ctx, parameters.n_parallel, parameters.cpuparams.n_threads = 4096, 4, 1
parameters.hostnames, parameters.port, parameters.endpoint_metrics = ["127.0.0.1"], 0, True
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
LENGTHS = Lengths(100, 16)


@pytest.fixture(scope="module", params=["words", "bytes"])
def address(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """A server whose tokenizer knows whole words, and one that cuts everything into bytes."""
    folder = tmp_path_factory.mktemp("llama")
    write(folder / "tiny.gguf", words=request.param == "words")
    with (folder / "log").open("w") as log, subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(folder / "tiny.gguf")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        line = server.stdout.readline().strip()
        assert line.startswith("http"), (folder / "log").read_text()
        yield line
        server.kill()


def check(row: Row, requests: int) -> None:
    """What holds for every step of this length."""
    assert (row["requests"], row["ok"], row["failures"]) == (requests, requests, {})
    assert (row["input_tokens"], row["output_tokens"]) == (requests * 100, requests * 16)
    assert (row["other_length"], row["output_forced"]) == (0, True)
    assert (row["server"], row["model"]) == ("llama.cpp", "tiny")
    assert 0 < row["ttft_ms_p50"] < row["e2e_ms_p50"]
    assert row["e2e_ms_mean"] == pytest.approx(row["ttft_ms_mean"] + 15 * row["tpot_ms_mean"])


def test_closed_loop(address: str, session: Make, saved: list[Row]) -> None:
    made = session(targets=Targets(ttft_ms=1e6))
    measure_endpoint(Endpoint(address), Closed([LENGTHS], [1, 4]), Effort(requests=12), made)
    assert [row["concurrency"] for row in saved] == [1, 4]
    for row in saved:
        check(row, 12)
        assert row["goodput_share"] == 1


def test_open_loop_and_chat(address: str, session: Make, saved: list[Row]) -> None:
    measure_endpoint(Endpoint(address, api="chat"), Open([LENGTHS], [50.0]), Effort(requests=12), session())
    check(saved[0], 12)


def test_sweep(address: str, session: Make, saved: list[Row]) -> None:
    measure_endpoint(Endpoint(address), Sweep([LENGTHS], most=4), Effort(requests=8), session())
    for row in saved:
        check(row, 8)


def test_replay_leaves_out_what_the_model_cannot_hold(address: str, session: Make, saved: list[Row]) -> None:
    arrivals = [Arrival(0.0, 50, 4), Arrival(1.0, 5000, 4), Arrival(2.0, 70, 8)]
    measure_endpoint(Endpoint(address), Replay(arrivals, 10.0), Effort(), session())
    assert (saved[0]["ok"], saved[0]["skipped"]) == (2, 1)
    assert [(one["input_tokens"], one["output_tokens"]) for one in saved[0]["trace"]] == [(50, 4), (70, 8)]


def test_the_server_counts_what_we_count(address: str, session: Make, saved: list[Row], tmp_path: Path) -> None:
    """The server's own counters move by what the measurement says, warm-up and calibration aside."""

    def generated() -> float:
        with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line for line in lines if line.startswith("llamacpp:tokens_predicted_total")).split()[1])

    before = generated()
    measure_endpoint(Endpoint(address), Closed([LENGTHS], [2]), Effort(requests=10, warm_up=0), session())
    others = generated() - before - saved[0]["output_tokens"]
    assert 4 <= others <= 4 + 60, "the trial's four tokens, and one of each prompt of the calibration"
