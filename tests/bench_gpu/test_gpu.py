"""GPUs as a driver made up here reports them."""

import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from llmcost.bench_gpu import gpu


class NvmlError(Exception):
    """The driver's no."""


class Driver:
    """Two cards; `fails` names what the driver does not report."""

    NVMLError = NvmlError

    def __init__(self, count: int = 2, fails: tuple[str, ...] = ()) -> None:
        self._count, self._fails = count, fails

    def __getattr__(self, name: str) -> Any:
        answers: dict[str, Any] = {
            "nvmlInit": lambda: None,
            "nvmlDeviceGetCount": lambda: self._count,
            "nvmlDeviceGetHandleByIndex": lambda number: number,
            "nvmlDeviceGetName": lambda handle: b"Tesla T4",
            "nvmlSystemGetDriverVersion": lambda: "580.1",
            "nvmlDeviceGetMemoryInfo": lambda handle: SimpleNamespace(
                total=16 * 2**30, used=(handle + 1) * 2**30, free=(15 - handle) * 2**30
            ),
            "nvmlDeviceGetUtilizationRates": lambda handle: SimpleNamespace(gpu=(80, 40)[handle]),
            "nvmlDeviceGetPowerUsage": lambda handle: 60_000,
        }
        if name in self._fails:
            raise NvmlError(name)
        if name not in answers:
            raise AttributeError(name)
        return answers[name]


def found(monkeypatch: pytest.MonkeyPatch, driver: object) -> gpu.Gpus | None:
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    return gpu.find()


def test_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus = found(monkeypatch, Driver())
    assert gpus
    assert gpus.facts() == {"gpu": "Tesla T4", "gpus": 2, "gpu_memory_gib": 16.0, "driver": "580.1"}
    assert gpus.free_bytes() == 15 * 2**30


def watched(gpus: gpu.Gpus) -> dict[str, float | None]:
    """What a step sees, long enough for a sample or two."""
    with gpus.watched() as usage:
        ends = time.monotonic() + 10
        while not usage.memory_gib and time.monotonic() < ends:
            time.sleep(0.01)
    return usage.summary()


def test_usage_is_over_all_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus = found(monkeypatch, Driver())
    assert gpus
    assert watched(gpus) == {
        "gpu_utilization": pytest.approx(0.6), "gpu_memory_used_gib": 3.0, "gpu_power_w": 120.0,
    }  # fmt: skip


def test_what_a_card_does_not_report_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus = found(monkeypatch, Driver(fails=("nvmlDeviceGetPowerUsage",)))
    assert gpus
    assert watched(gpus)["gpu_power_w"] is None


@pytest.mark.parametrize("driver", [None, Driver(count=0), Driver(fails=("nvmlInit",))])
def test_without_package_driver_or_card_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch, driver: object) -> None:
    assert found(monkeypatch, driver) is None


def test_a_step_on_this_machine_notes_its_gpu(monkeypatch: pytest.MonkeyPatch, session: Any, saved: list[Any]) -> None:
    pytest.importorskip("httpx2", reason="the client needs the bench extra")
    from llmcost.bench_gpu.run import Closed, Endpoint, measure_endpoint
    from llmcost.bench_gpu.serving import Effort, Lengths
    from tests.bench_gpu.fake_server import Behaviour, running

    monkeypatch.setitem(sys.modules, "pynvml", Driver())
    with running(Behaviour(ttft_s=0.6)) as fake:
        measure_endpoint(Endpoint(fake.address), Closed([Lengths(9, 3)], [2]), Effort(2, None, 0), session())
    assert (saved[0]["gpu"], saved[0]["gpus"], saved[0]["driver"]) == ("Tesla T4", 2, "580.1")
    assert saved[0]["gpu_power_w"] == 120.0
