"""Each assumption by itself: at its low end a what-if saves least, at its high end most, and the default lies between.

The headers move all of their assumptions at once, so that one whose ends were exchanged could hide behind the others.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from llmcost.engine import registry, store
from llmcost.engine.store import Store
from llmcost.prices import book
from llmcost.reports.scope import Scope
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import ENDS, parse, settings, settled
from tests.what_ifs.traffic import START_US, Row, fill

HAIKU, OPUS, GPT = "claude-haiku-4-5", "claude-opus-4-7", "gpt-4o"


def row(second: float = 0, model: str = HAIKU, **fields: Any) -> Row:
    return {
        "ts": START_US + round(second * 1e6), "model": model, "input_tokens": 5000, "output_tokens": 500,
        "task_type": "classification", "complexity": 0.1,
    } | fields  # fmt: skip


def prompts(*seconds: float, tokens: int = 4500, **fields: Any) -> list[Row]:
    """Requests with the same instructions."""
    prefix = [{"hash": "instructions", "tokens": tokens}]
    return [row(second, prefix=prefix, system_blocks=1, **fields) for second in seconds]


def unanswered(*seconds: float) -> list[Row]:
    """The same request again and again, of unknown latency, its answers not logged."""
    return [row(second, prompt_hash="p") for second in seconds]


def sessions(*seconds: float, session: str = "s", grows: int = 1000) -> list[Row]:
    """A conversation of which the log holds no prompts."""
    return [
        row(second, session_id=session, input_tokens=20_000 + grows * number) for number, second in enumerate(seconds)
    ]


def recorded(*seconds: float) -> list[Row]:
    """A conversation whose prompts are written to a cache of five minutes and never read."""
    return [row(second, session_id="s", input_tokens=0, cache_write_5m_tokens=9000) for second in seconds]


CASES: dict[tuple[str, str], tuple[str, list[Row]]] = {
    ("batch-api", "caching"): ("", [row(cache_read_tokens=9000)]),
    ("cache-lives", "kept"): ("ttl=1h", recorded(0, 600)),
    ("model-swap", "verbosity"): ("", [row(model=OPUS)]),
    ("prompt-caching", "automatic"): ("", prompts(0, 60, model=GPT)),
    ("prompt-caching", "base_share"): ("", sessions(0) + sessions(60, session="t")),
    ("prompt-caching", "optimistic"): ("", prompts(0, 1000, model=GPT)),
    ("prompt-caching", "others_every_s"): ("ttl=1h", sessions(0) + sessions(4000, session="t")),
    ("prompt-caching", "pessimistic"): ("", prompts(0, 500, model=GPT)),
    ("prompt-caching", "slack_s"): ("", sessions(0, 320, 380)),
    ("prompt-caching", "ttft_ms"): ("", prompts(0, 0.5, 3, 20)),
    ("request-batching", "numbering_input_tokens"): ("", prompts(0, 1, 2, 3)),
    ("request-batching", "numbering_output_tokens"): ("", prompts(0, 1, 2, 3)),
    ("response-caching", "differing"): ("", unanswered(0, 60, 120)),
    ("response-caching", "latency_ms"): ("", unanswered(0, 1, 20, 60)),
    ("routing", "cache"): (f"small={HAIKU}", [row(model=OPUS, cache_read_tokens=9000)]),
    ("routing", "escalate"): (f"by=cascade,small={HAIKU}", [row(model=OPUS)] * 200),
    ("routing", "verbosity"): (f"small={HAIKU}", [row(model=OPUS)]),
    ("self-hosted", "pace"): ("", [row(0.3 * n, input_tokens=800, output_tokens=400) for n in range(400)]),
    ("semantic-caching", "differing"): ("", unanswered(0, 60, 120)),
    ("semantic-caching", "latency_ms"): ("", unanswered(0, 1, 20, 60)),
    ("semantic-caching", "strictness"): ("vetoes=false", [row(60 * n, prompt_hash=f"p{n}") for n in range(2)]),
}
"""Of each assumption: other settings of the what-if, and requests for which it matters."""

ALIKE = ("How do I reset the password of my account?", "How do I reset the password of my online account today?")
"""What the requests ask of which a text is needed. Their cosine is 0.90, between the default and the high end."""


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    with store.in_memory() as made:
        book.learn(made, [(None, model) for model in (HAIKU, OPUS, GPT)])
        yield made


def cost(opened: Store, word: str) -> float:
    """What a what-if makes of the requests: the same whether or not the requests that come out of it are kept."""
    traffic, step = Traffic.of(opened, Scope(), ()), settled(opened, parse(word))
    point, ended = Chain(traffic, "").add(step), Chain(traffic, "ended_").end(step)
    assert point.failure is ended.failure is None
    assert (ended.cost_usd, ended.blocks) == (point.cost_usd, point.blocks)
    return point.cost_usd


def ends() -> dict[tuple[str, str], tuple[str, str]]:
    """The low and the high end of each assumption of each what-if."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for name, query in registry.load("what_ifs").items():
        low, high = (settings(query, query.field(end)) for end in ENDS)
        found |= {(name, parameter): (low[parameter], high[parameter]) for parameter in low}
    return found


def test_every_assumption_is_moved_by_itself() -> None:
    assert ends().keys() == CASES.keys()


@pytest.mark.parametrize(("name", "parameter"), CASES, ids=[":".join(key) for key in CASES])
def test_an_assumption_saves_least_at_its_low_end_and_most_at_its_high_end(
    opened: Store, name: str, parameter: str
) -> None:
    others, rows = CASES[name, parameter]
    fill(opened, rows)
    if parameter == "strictness":
        pytest.importorskip("wordllama")
        for number, text in enumerate(ALIKE):
            words = {"id": f"r{number:03}", "text": text}
            opened.execute("insert into texts (request_id, prompt) values ($id, $text)", words)
    low, high = (
        cost(opened, f"{name}:{','.join(part for part in (others, f'{parameter}={value}') if part)}")
        for value in ends()[name, parameter]
    )
    default = cost(opened, f"{name}:{others}" if others else name)
    assert low > high + 1e-9, "the requests do not depend on it"
    assert low >= default - 1e-9
    assert default >= high - 1e-9
