"""What the tests share: where things lie, and a clean environment."""

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# Machines differ in speed: a test fails for a wrong answer, never for a slow one.
settings.register_profile("llmcost", deadline=None, max_examples=60)
settings.load_profile("llmcost")


LONG = (
    "project/test_wheel.py", "engine/test_spark.py", "library/test_cluster.py", "project/test_docs.py",
    "page/test_change.py", "project/test_notebook.py", "what_ifs/test_large_logs.py", "what_ifs/test_cache_advice.py",
    "explain/test_pairs.py", "project/test_site.py",
)  # fmt: skip
"""Files that take a worker minutes: begun last, they would be waited for alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {ROOT / "tests" / name: place for place, name in enumerate(LONG)}
    assert all(path.exists() for path in places)
    items.sort(key=lambda item: places.get(item.path, len(LONG)))


# In the background of a shell, interrupts are ignored, and the commands under test would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the person who runs the tests decides their outcome, and none of a test that of the next: a store
    that is interrupted anywhere while it is opened leaves the process with the permissions of its files."""
    for name in ("LLMCOST_DB", "LLMCOST_CONFIG", "COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    umask = os.umask(0o022)
    os.umask(umask)
    yield
    os.umask(umask)


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    """Where a new store may be made."""
    return tmp_path / "llmcost.duckdb"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public logs with known answers, kept next to the checkout and not part of it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the public logs with known answers are not next to this checkout (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds all sample logs, to be copied. All workers of a run share one: reading them takes a while."""
    from tests.cases import sampled_store

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has its own folder in that of the run
        folder = folder.parent
    path = folder / "samples.duckdb"
    with (folder / "samples.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            with sampled_store() as made:
                shutil.copy(made, folder / "copied.duckdb")
            (folder / "copied.duckdb").rename(path)
    return path
