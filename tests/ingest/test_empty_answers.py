"""An answer that says nothing has no hash: two of them are no evidence that an answer repeats."""

from collections.abc import Iterator

import pytest

from llmcost.engine import store
from llmcost.ingest import chains

EMPTY = (
    "", "  ", '""', "[]", '{"role": "assistant", "content": ""}',
    '{"content":null,"role":"assistant","refusal":null,"annotations":[]}',
    '{"role":"assistant","content":[{"type":"text","text":""}],"finish_reason":"stop"}',
    '[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[]}]',
    '{"parts":[{"text":""}],"role":"model","index":0}',
)  # fmt: skip
SAYING = (
    "no", "null", "[1] is the answer", '{"type": "bug"}', '["spam"]', "{}x", '{"label": 0}',
    '{"role":"assistant","content":"null"}', '{"role":"assistant","content":"\\""}'.replace('\\""', '\\"!"'),
    '{"role":"assistant","content":null,"tool_calls":[{"id":"c","function":{"name":"look","arguments":"{}"}}]}',
    '[{"type":"tool_use","id":"t","name":"look","input":{}}]',
    '{"role":"assistant","content":"' + "x" * 400 + '"}',
)  # fmt: skip


@pytest.fixture(scope="module")
def opened() -> Iterator[store.Store]:
    with store.in_memory() as made:
        chains.prepare(made)
        yield made


@pytest.mark.parametrize("message", EMPTY)
def test_says_nothing(opened: store.Store, message: str) -> None:
    assert opened.value("select answer_of($message)", {"message": message}) is None


@pytest.mark.parametrize("message", SAYING)
def test_says_something(opened: store.Store, message: str) -> None:
    assert opened.value("select answer_of($message)", {"message": message}) == message
