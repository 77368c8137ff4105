"""A standalone master with two workers, and a Connect server, on loopback: this test's own processes, ended with it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_PATIENCE_S = 180
_NO_JAVA = "there is no Java: apt-get install default-jre-headless"


def needed() -> None:
    """Skips the tests of a module where Spark cannot run."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'llmcost-cli[spark]'")
    if shutil.which("java") is None:
        pytest.skip(_NO_JAVA, allow_module_level=True)


def home() -> Path:
    """Where pyspark has Spark's own programs."""
    import pyspark

    return Path(pyspark.__file__).parent


@dataclass
class Cluster:
    """A standalone cluster: its master's address, and its workers, each with a core."""

    master: str
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def kill(self, number: int) -> None:
        """Ends a worker as a machine ends that fails: without a word, and what it runs with it."""
        for process in [*_below(self.workers[number].pid), self.workers[number].pid]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


def environment(folder: Path, memory: str = "256m") -> dict[str, str]:
    """Of what begins one of Spark's processes: loopback, this Python, and few tasks, since each takes a while."""
    (folder / "conf").mkdir(parents=True, exist_ok=True)
    (folder / "conf" / "spark-defaults.conf").write_text("spark.sql.shuffle.partitions 2\nspark.ui.enabled false\n")
    return os.environ | {
        "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1", "PYSPARK_PYTHON": sys.executable,
        "SPARK_DAEMON_MEMORY": memory, "SPARK_CONF_DIR": str(folder / "conf"),
    }  # fmt: skip


@contextmanager
def standalone(folder: Path) -> Iterator[Cluster]:
    """A master with two workers of one core each."""
    port, page = free_port(), free_port()
    cluster = Cluster(f"spark://127.0.0.1:{port}")
    master = _started(folder / "master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
                      "--port", str(port), "--webui-port", str(page))  # fmt: skip
    try:
        _wait(master, lambda: _alive(page) is not None)
        for name in ("one", "two"):
            cluster.workers.append(
                _started(folder / name, "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1",
                         "--memory", "1g", "--webui-port", str(free_port()), "--work-dir", str(folder / name),
                         cluster.master)
            )  # fmt: skip
        _wait(master, lambda: _alive(page) == 2)
        yield cluster
    finally:
        for number in range(len(cluster.workers)):
            cluster.kill(number)
        for process in (*cluster.workers, master):
            process.kill()
            process.wait()


@contextmanager
def connect(folder: Path) -> Iterator[str]:
    """The address of a Connect server."""
    port = free_port()
    settings = [f"spark.connect.grpc.binding.port={port}", "spark.connect.grpc.binding.address=127.0.0.1"]
    server = _started(
        folder / "connect", "org.apache.spark.deploy.SparkSubmit", "--class",
        "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[2]",
        *(word for setting in settings for word in ("--conf", setting)), "spark-internal",
        memory="1g",
    )  # fmt: skip
    try:
        _wait(server, lambda: _answers(port))
        yield f"sc://127.0.0.1:{port}"
    finally:
        for process in [*_below(server.pid), server.pid]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        server.wait()


def _started(folder: Path, *words: str, memory: str = "256m") -> "subprocess.Popen[bytes]":
    """One of Spark's processes; what it says is in its folder."""
    folder.mkdir(parents=True)
    with (folder / "said.log").open("wb") as said:
        return subprocess.Popen(
            [str(home() / "bin" / "spark-class"), *words],
            cwd=folder,
            env=environment(folder, memory),
            stdout=said,
            stderr=said,
        )


def _wait(process: "subprocess.Popen[bytes]", is_there: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not is_there():
        assert process.poll() is None, "one of Spark's processes has ended"
        assert time.monotonic() < until, "one of Spark's processes does not answer"
        time.sleep(0.2)


def _alive(page: int) -> int | None:
    """How many workers a master has; None: it does not answer yet."""
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=5) as answer:
        return int(json.loads(answer.read())["aliveworkers"])
    return None


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def _below(process: int) -> list[int]:
    """All that a process and those below it have started."""
    found = [process]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            with suppress(OSError):  # it has ended
                found += map(int, children.read_text().split())
    return found[1:]
