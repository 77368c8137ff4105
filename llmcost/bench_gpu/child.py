"""vLLM's server as a child on loopback: started, waited for, and stopped whatever happens."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from llmcost.bench_gpu import random_model
from llmcost.errors import LlmcostError

_HOST = "127.0.0.1"
_LOG_LINES_SHOWN = 25
_POLL_S = 0.25
_GRACE_S = 20.0  # to end by itself; then it is killed
_MODULE = "vllm.entrypoints.openai.api_server"
_FIND_VERSION = (
    "import importlib.metadata as m, importlib.util as u\n"
    "if u.find_spec('vllm') is None: raise SystemExit(3)\n"
    "print(m.version(m.packages_distributions()['vllm'][0]))\n"
)


@dataclass(frozen=True)
class Serving:
    """Which model to serve, and how."""

    model: str  # a hub's name, a folder, or with random weights a shape that ships
    random_weights: bool = False
    quantization: str = "none"  # awq | gptq | fp8 | none
    dtype: str = "auto"
    python: Path = Path(sys.executable)  # of the environment that has vLLM
    arguments: Sequence[str] = ()  # passed on to the server
    port: int = 0  # 0: a free one
    start_timeout_s: float = 900.0
    seed: int = 0


@contextmanager
def serve(serving: Serving, say: Callable[[str], None]) -> Iterator[str]:
    """Runs the server while the block runs; gives its address.

    Raises LlmcostError when vLLM is missing, the port is taken, or the server ends before it is healthy; then the end
    of its log is said.
    """
    version = _vllm_version(serving.python)
    port = _port(serving.port)
    with tempfile.TemporaryDirectory(prefix="llmcost-bench-") as folder:
        command = _command(serving, port, Path(folder))
        say(f"starting vLLM {version} on port {port}")
        log = Path(folder) / "server.log"
        with _stopped_by_signals(), _child(command, log) as child:
            _wait_healthy(child, port, log, serving.start_timeout_s, say)
            try:
                yield f"http://{_HOST}:{port}"
            except LlmcostError:
                if child.poll() is not None:
                    _say_end(log, say)
                raise


def _command(serving: Serving, port: int, folder: Path) -> list[str]:
    """The server's command line; makes the model first where its weights are to be random."""
    command = [str(serving.python), "-m", _MODULE, "--host", _HOST, "--port", str(port), "--seed", str(serving.seed)]
    if serving.random_weights:
        shape = random_model.shape(serving.model)
        model = folder / shape.name
        model.mkdir()
        random_model.write(shape, serving.quantization, model)
        command += ["--model", str(model), "--served-model-name", shape.name, "--load-format", "dummy"]
    else:
        command += ["--model", serving.model]
    if serving.quantization == "fp8":  # the 4-bit ones are in the checkpoint's config, which picks the fast kernels
        command += ["--quantization", "fp8"]
    return [*command, "--dtype", serving.dtype, *serving.arguments]


def _vllm_version(python: Path) -> str:
    try:
        found = subprocess.run([python, "-c", _FIND_VERSION], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LlmcostError(f"{python} is not a Python that can be run: {error}", hint="see --server-python") from None
    if found.returncode != 0:
        raise LlmcostError(
            f"vLLM is not installed in {python}",
            hint="pip install vllm, or name the Python that has it with --server-python, or use --engine torch",
        )
    return found.stdout.strip()


def _port(asked: int) -> int:
    """The port asked for, when it is free; else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, asked))
        except OSError as error:
            raise LlmcostError(
                f"port {asked} cannot be used: {os.strerror(error.errno or 0)}",
                hint="leave out --port to use a free one",
            ) from None
        return int(probe.getsockname()[1])


@contextmanager
def _child(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A separate process group, so that Ctrl-C reaches it only through us and its own children end with it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Asks the group to end, and kills what is left of it: even a second Ctrl-C leaves nothing running."""
    try:
        _signal_group(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP do what Ctrl-C does at that moment, so that the child is stopped then too."""

    def leave(number: int, frame: FrameType | None) -> None:
        interrupt = signal.getsignal(signal.SIGINT)
        if callable(interrupt):
            interrupt(number, frame)
        else:  # in a shell's background, where Ctrl-C is ignored
            raise KeyboardInterrupt

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_healthy(
    child: subprocess.Popen[bytes], port: int, log: Path, timeout_s: float, say: Callable[[str], None]
) -> None:
    started = time.monotonic()
    while True:
        if (status := child.poll()) is not None:
            _say_end(log, say)
            raise LlmcostError(
                f"the server ended with status {status} before it was ready", hint="the end of its log is shown above"
            )
        if _healthy(port):
            say(f"ready after {time.monotonic() - started:.0f} s")
            return
        if time.monotonic() - started > timeout_s:
            _say_end(log, say)
            raise LlmcostError(f"the server was not ready after {timeout_s:g} s", hint="see --start-timeout")
        time.sleep(_POLL_S)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{_HOST}:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _say_end(log: Path, say: Callable[[str], None]) -> None:
    lines = log.read_text("utf-8", errors="replace").splitlines()
    for line in lines[-_LOG_LINES_SHOWN:]:
        say(f"  | {line}")
