"""`--show-sql`: the printed query, run on the store by DuckDB alone, gives what `simulate` says."""

import json
from pathlib import Path

import duckdb
import pytest

from llmcost.engine import registry
from tests.command import llmcost
from tests.logs import Row, call, write

LOG: list[Row | str] = [
    *(call(n, task_type="classification", complexity=0.1, feature=f"f{n % 2}", cache_read_tokens=50 * n,
           prompt_hash=f"p{n % 3}", session_id="s", latency_ms=10.0) for n in range(9)),
    call(50, model="nobody-knows-9", task_type="classification", complexity=0.1),
]  # fmt: skip
PLAIN = [name for name, query in registry.load("what_ifs").items() if not query.field("kernel")]
DECIDED = [name for name, query in registry.load("what_ifs").items() if query.field("kernel")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of one priced model and of one that only a what-if gives a price."""
    made = tmp_path_factory.mktemp("shown")
    write(made / "log.jsonl", LOG)
    assert llmcost("ingest", "log.jsonl", cwd=made).returncode == 0
    return made


def shown(folder: Path, *stack: str) -> tuple[str, float]:
    """The query that is printed for a stack, and the cost that it gives."""
    words = [part for word in stack for part in ("--what-if", word)]
    done = llmcost("simulate", *words, "--show-sql", cwd=folder)
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(folder / "llmcost.duckdb"), read_only=True) as connection:
        [(cost,)] = connection.execute(done.stdout).fetchall()
    return done.stdout, cost


def simulated(folder: Path, *stack: str) -> float:
    words = [part for word in stack for part in ("--what-if", word)]
    done = llmcost("simulate", *words, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return float(json.loads(done.stdout)["result"]["cost_usd"])


@pytest.mark.parametrize(
    "stack",
    [
        *([name] for name in PLAIN),
        ["model-swap:target=gpt-4o"],
        ["model-swap:target=cheaper"],
        ["routing:by=cascade,small=gpt-4o-mini,escalate=1"],
        ["routing", "prompt-caching:ttl=auto", "token-caps", "batch-api"],
    ],
)
def test_it_gives_the_cost_that_simulate_gives(folder: Path, stack: list[str]) -> None:
    sql, cost = shown(folder, *stack)
    assert cost == pytest.approx(simulated(folder, *stack), abs=1e-12)
    assert not sql.startswith("--"), "nothing is left out"


@pytest.mark.parametrize("name", DECIDED)
def test_what_a_kernel_decides_is_left_out_and_said(folder: Path, name: str) -> None:
    sql, cost = shown(folder, "model-swap:target=gpt-4o", name, "token-caps")
    assert cost == pytest.approx(simulated(folder, "model-swap:target=gpt-4o", "token-caps"), abs=1e-12)
    assert sql.splitlines()[0].startswith(f"-- {name}: decided request by request outside SQL")


def test_what_a_file_tells_is_left_out_and_said(folder: Path) -> None:
    write(folder / "o.jsonl", [{"prompt": "p0", "model": "gpt-4o", "correct": 1, "cost": 0.5}])
    sql, cost = shown(folder, "routing:by=oracle,outcomes=o.jsonl")
    assert cost == pytest.approx(simulated(folder, "token-caps:classification=none"), abs=1e-12)
    assert "no outcome is known" in sql.splitlines()[0]
