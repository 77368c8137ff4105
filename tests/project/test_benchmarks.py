"""The benchmarks' own footing: the same logs every time, and comparisons that cannot flatter."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import generate
from benchmarks.measure import BenchmarkError, Command, Comparison, Run, side_by_side

ROOT = Path(__file__).resolve().parents[2]


def sessions(home: Path) -> dict[str, bytes]:
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in sorted(home.rglob("*.jsonl"))}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate.claude_code_logs(tmp_path_factory.mktemp("data"), 5)


@pytest.fixture(scope="module")
def answers(home: Path) -> list[dict[str, object]]:
    lines = (json.loads(line) for path in home.rglob("*.jsonl") for line in path.open(encoding="utf-8"))
    return [line for line in lines if line["type"] == "assistant"]


def test_the_same_sessions_to_the_byte(home: Path, tmp_path: Path) -> None:
    assert sessions(generate.claude_code_logs(tmp_path, 5)) == sessions(home)


def test_the_size_asked_for(home: Path) -> None:
    size = sum(len(text) for text in sessions(home).values())
    assert 5e6 <= size < 9e6  # the last session is written whole


def test_a_call_stands_in_several_lines_and_its_count_grows(answers: list[dict[str, object]]) -> None:
    calls: dict[object, list[int]] = {}
    for line in answers:
        message = line["message"]
        assert isinstance(message, dict)
        calls.setdefault((line["sessionId"], message["id"]), []).append(message["usage"]["output_tokens"])
    assert len(answers) > 2 * len(calls)
    assert all(counts == sorted(counts) for counts in calls.values())


def test_an_llmcost_line_is_what_the_format_asks_for(tmp_path: Path) -> None:
    log = generate.llmcost_log(tmp_path, 200)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert len({line["request_id"] for line in lines}) == 200
    assert [line["ts"] for line in lines] == sorted(line["ts"] for line in lines)
    for line in lines:
        assert line["llmcost"] == 1
        tokens = [block["tokens"] for block in line["prefix"]]
        assert len(tokens) == 3
        assert tokens == sorted(tokens)


def test_an_interrupted_generation_is_not_taken_for_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_short(out: Path, size: int) -> None:
        (out / "projects").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(generate, "_write_claude_code", cut_short)
    with pytest.raises(KeyboardInterrupt):
        generate.claude_code_logs(tmp_path, 1)
    monkeypatch.undo()
    assert sessions(generate.claude_code_logs(tmp_path, 1))


def test_a_command_that_fails_is_no_measurement() -> None:
    failing = Command((sys.executable, "-c", "raise SystemExit('no such log')"))
    with pytest.raises(BenchmarkError, match="no such log"):
        failing.run()


def test_the_peak_is_the_childs() -> None:
    """Measured from a small process, as the benchmarks do: a peak is never below what its parent held."""
    script = """if True:
        import sys
        from benchmarks.measure import Command
        for work in ("pass", "bytearray(200_000_000)"):
            print(Command((sys.executable, "-c", work)).run().peak_bytes)
    """
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    small, large = map(int, done.stdout.split())
    assert small < 40e6
    assert 180e6 < large - small < 210e6


def test_runs_alternate_after_one_of_each_to_warm_up() -> None:
    order: list[str] = []

    def side(name: str) -> Run:
        order.append(name)
        return Run(1.0, 1.0, 1)

    side_by_side(3, lambda: side("ours"), lambda: side("theirs"))
    warm_up, *pairs = (order[start : start + 2] for start in range(0, len(order), 2))
    assert sorted(warm_up) == ["ours", "theirs"]
    assert pairs == [["theirs", "ours"], ["ours", "theirs"], ["theirs", "ours"]]


def test_a_ratio_is_the_median_of_the_pairs_own() -> None:
    """A slow minute that hits both sides of one pair leaves the ratio as it is."""
    ours = [Run(wall, 0.0, 100) for wall in (2.0, 20.0, 3.0)]
    theirs = [Run(wall, 0.0, 50) for wall in (1.0, 10.0, 2.0)]
    summary = Comparison("work", "other", ours, theirs, aim=1.9).summary()
    assert (summary["wall_ratio"], summary["peak_ratio"], summary["aim_met"]) == (2.0, 2.0, False)


def test_it_runs(tmp_path: Path) -> None:
    words = ["startup", "--pairs", "1", "--json", str(tmp_path / "found.json"), "--data", str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", "benchmarks", *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert [result["work"] for result in found["results"]] == ["--help", "report on 1,000 requests"]
    assert all(result["wall_ratio"] > 0 for result in found["results"])
    assert found["machine"]["duckdb"] != "(not installed)"
