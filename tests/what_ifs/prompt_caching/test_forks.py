"""Codex rollouts that begin with the history of another session, copied into them: what the replay takes to be cached.

Without a miss rate, without sessions outside the log unless a test has them, and with prompts that end on whole steps.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from llmcost.engine.store import Store
from tests.logs import Row, ingested, write
from tests.what_ifs.prompt_caching.replay import run

START = datetime(2026, 11, 2, 10)
DAY = 86_400
PARENT, CHILD, GRANDCHILD = (f"019f80ed-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))


class Rollout:
    """The lines of one file, by the seconds after START at which they were written."""

    def __init__(self, session: str, at: float, copies: "Rollout | None" = None, **meta: object) -> None:
        self.lines: list[Row] = []
        self.total = 0
        self.session: str = session
        named = {"forked_from_id": copies.session} if copies and not meta else {}
        self._line(at, "session_meta", {"id": session, "cwd": "/r", "cli_version": "0.150.0", **named, **meta})
        if copies:
            # within milliseconds, under the time of copying
            for number, line in enumerate(copies.lines):
                self.lines.append(line | {"timestamp": _time(at + 0.02 + 0.001 * (number // 7))})
            self.total = copies.total
        self._line(at + 0.5, "turn_context", {"model": "gpt-5.5", "cwd": "/r"})

    def call(self, at: float, tokens: int) -> "Rollout":
        self.total += tokens
        last, total = ({"input_tokens": count, "cached_input_tokens": 0, "output_tokens": count // 1000}
                       for count in (tokens, self.total))  # fmt: skip
        self._line(
            at, "event_msg", {"type": "token_count", "info": {"last_token_usage": last, "total_token_usage": total}}
        )
        return self

    def _line(self, at: float, kind: str, payload: Row) -> None:
        self.lines.append({"timestamp": _time(at), "type": kind, "payload": payload})


def _time(at: float) -> str:
    return (START + timedelta(seconds=at)).isoformat(timespec="milliseconds") + "Z"


def parent() -> Rollout:
    return Rollout(PARENT, 0).call(10, 20_480).call(40, 40_960).call(70, 61_440)


def read(tmp_path: Path, *rollouts: Rollout, **given: object) -> dict[tuple[str, int], int]:
    """Tokens read, by session and length of the prompt."""
    (tmp_path / "log").mkdir(parents=True)
    for rollout in rollouts:
        write(tmp_path / "log" / f"rollout-{rollout.session}.jsonl", rollout.lines)
    with ingested(tmp_path / "store.duckdb", tmp_path / "log") as (opened, account):
        assert account.total("rejects") == 0
        return replay(opened, **given)


def replay(opened: Store, **given: object) -> dict[tuple[str, int], int]:
    found = run(opened, **({"miss_rate": 0, "others_every_s": None, "recorded": "replay"} | given))
    rows = opened.rows("select request_id, session_id, prompt_tokens(requests) as tokens from requests")
    assert {row["tokens"] for row in rows} == {sum(buckets) for buckets in found.values()}
    return {(row["session_id"], row["tokens"]): found[row["request_id"]][1] for row in rows}


def by_length(found: dict[tuple[str, int], int]) -> dict[int, int]:
    return {length: tokens for (_, length), tokens in found.items()}


def fork(at: float = 120) -> Rollout:
    return Rollout(CHILD, at, parent()).call(at + 10, 63_488).call(at + 30, 70_656)


def test_with_its_parent_a_fork_goes_on_with_the_parents_history(tmp_path: Path) -> None:
    assert read(tmp_path, parent(), fork()) == {
        (PARENT, 20_480): 0, (PARENT, 40_960): 20_480, (PARENT, 61_440): 40_960,
        (CHILD, 63_488): 61_440, (CHILD, 70_656): 63_488,
    }  # fmt: skip


def test_without_its_parent_a_forks_history_is_taken_to_have_been_cached(tmp_path: Path) -> None:
    assert read(tmp_path, fork()) == {
        (CHILD, 20_480): 0, (CHILD, 40_960): 20_480, (CHILD, 61_440): 40_960,
        (CHILD, 63_488): 61_440, (CHILD, 70_656): 63_488,
    }  # fmt: skip


def test_the_first_copied_call_reads_what_others_may_have_cached(tmp_path: Path) -> None:
    assert read(tmp_path, fork(), others_every_s=1)[CHILD, 20_480] == 12_288, "0.6 of the first prompt"


def test_a_fork_of_a_fork(tmp_path: Path) -> None:
    child = fork()
    grandchild = Rollout(GRANDCHILD, 200, child, forked_from_id=CHILD).call(210, 72_704)
    missing = read(tmp_path, grandchild)
    assert missing == {
        (GRANDCHILD, 20_480): 0, (GRANDCHILD, 40_960): 20_480, (GRANDCHILD, 61_440): 40_960,
        (GRANDCHILD, 63_488): 61_440, (GRANDCHILD, 70_656): 63_488, (GRANDCHILD, 72_704): 70_656,
    }  # fmt: skip
    for number, present in enumerate([[child], [parent()], [parent(), child]]):
        found = read(tmp_path / str(number), *present, grandchild)
        assert by_length(found) == by_length(missing)


@pytest.mark.parametrize("present", [True, False])
def test_a_fork_that_is_resumed_later_than_the_cache_lives(tmp_path: Path, present: bool) -> None:
    """A cache of this model lives 1,800 seconds. Others keep alive a part of the history's first prompt."""
    late = Rollout(CHILD, 120, parent()).call(120 + DAY, 63_488).call(120 + DAY + 30, 70_656)
    found = read(tmp_path, *[parent()][: int(present)], late, others_every_s=1)
    assert (found[CHILD, 63_488], found[CHILD, 70_656]) == (12_288, 63_488)


def test_a_fork_made_later_than_the_parents_cache_lives(tmp_path: Path) -> None:
    """With the parent the log tells when its history was sent; without it, only when it was copied."""
    assert read(tmp_path, parent(), fork(DAY))[CHILD, 63_488] == 0
    assert read(tmp_path / "alone", fork(DAY))[CHILD, 63_488] == 61_440


def test_two_forks_of_one_missing_parent(tmp_path: Path) -> None:
    """The second one's history is that of the first, as long as the first kept it alive."""
    second = Rollout(GRANDCHILD, 900, parent()).call(910, 63_488 + 1024)
    assert read(tmp_path, fork(), second)[GRANDCHILD, 63_488 + 1024] == 61_440
    third = Rollout(GRANDCHILD, 4000, parent()).call(4010, 63_488 + 1024)
    assert read(tmp_path / "later", fork(), third)[GRANDCHILD, 63_488 + 1024] == 0


def test_a_subagent_names_its_parent_in_its_source_and_may_keep_the_times(tmp_path: Path) -> None:
    """As spawned threads are written: no forked_from_id, and the parent's lines under the parent's times."""
    source = {"subagent": {"thread_spawn": {"parent_thread_id": PARENT, "depth": 1}}}
    spawned = Rollout(CHILD, 120, parent(), source=source).call(130, 63_488)
    times = [line["timestamp"] for line in parent().lines]
    spawned.lines[1 : len(times) + 1] = parent().lines
    for number, present in enumerate([[], [parent()]]):
        found = read(tmp_path / str(number), *present, spawned)
        assert by_length(found) == {20_480: 0, 40_960: 20_480, 61_440: 40_960, 63_488: 61_440}


def test_a_history_is_shorter_where_it_was_compacted_on_the_way(tmp_path: Path) -> None:
    assert read(tmp_path, Rollout(CHILD, 120, parent()).call(130, 30_720))[CHILD, 30_720] == 0
