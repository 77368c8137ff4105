"""What a request asks, read from its body."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.track.prompts import Api, Prompt, read_prompt

WEATHER = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
BASE: dict[str, Any] = {
    "model": "m",
    "max_tokens": 10,
    "tools": [WEATHER],
    "system": [{"type": "text", "text": "Static."}, {"type": "text", "text": "Of today."}],
    "messages": [
        {"role": "user", "content": "How is Oslo?"},
        {"role": "assistant", "content": "Sunny."},
        {"role": "user", "content": "And Bergen?"},
    ],
}
words = st.text(max_size=60)
turns = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": words}), min_size=1, max_size=6
)


def read(body: dict[str, Any], api: Api = "messages") -> Prompt:
    return read_prompt(api, json.dumps(body).encode(), body.get("model"))


def hashes(prompt: Prompt) -> list[str]:
    return [block.hash for block in prompt.blocks]


def test_blocks_stand_in_the_order_of_a_cache() -> None:
    prompt = read(BASE)
    assert (len(prompt.blocks), prompt.system_blocks) == (6, 3)  # tools, two of the system prompt, three turns
    other_tools = read({**BASE, "tools": [{**WEATHER, "name": "climate"}]})
    assert not set(hashes(prompt)) & set(hashes(other_tools))
    other_day = read({**BASE, "system": [BASE["system"][0], {"type": "text", "text": "Of tomorrow."}]})
    assert [a == b for a, b in zip(hashes(prompt), hashes(other_day), strict=True)] == [True] * 2 + [False] * 4


@given(turns, turns)
def test_a_longer_conversation_begins_with_the_shorter(first: list[Any], more: list[Any]) -> None:
    shorter, longer = read({**BASE, "messages": first}), read({**BASE, "messages": first + more})
    assert hashes(longer)[: len(shorter.blocks)] == hashes(shorter)
    assert longer.hash != shorter.hash


@given(turns, st.integers(1, 10**7))
def test_prefix_tokens_rise_to_the_billed_prompt(messages: list[Any], billed: int) -> None:
    prefix = read({**BASE, "messages": messages}).prefix(billed)
    assert prefix
    tokens = [int(block["tokens"]) for block in prefix]
    assert tokens == sorted(tokens)
    assert tokens[-1] == billed


def test_tokens_are_shared_out_by_length() -> None:
    long, short = "x" * 10_000, "y" * 1000
    body = {"messages": [{"role": "user", "content": long}, {"role": "user", "content": short}]}
    prefix = read(body).prefix(1100)
    assert prefix
    assert prefix[0]["tokens"] == pytest.approx(1000, abs=10)


def test_without_a_billed_prompt_there_is_no_prefix() -> None:
    assert read(BASE).prefix(0) is None


def test_a_prompt_that_the_provider_holds_a_part_of_has_no_prefix() -> None:
    body = {"model": "m", "input": "And Bergen?", "previous_response_id": "resp_1"}
    assert read(body, "responses").prefix(100) is None
    assert read(body, "responses").hash != read({**body, "previous_response_id": "resp_2"}, "responses").hash


@pytest.mark.parametrize(
    "change",
    [
        {"model": "n"},
        {"max_tokens": 11},
        {"temperature": 0.5},
        {"system": "Static. Of today."},
        {"tools": []},
        {"tool_choice": {"type": "any"}},
        {"thinking": {"type": "adaptive"}},
        {"messages": BASE["messages"][:1]},
        {"a_parameter_to_come": True},
    ],
)
def test_what_decides_the_answer_changes_the_hash(change: dict[str, Any]) -> None:
    assert read({**BASE, **change}).hash != read(BASE).hash


@pytest.mark.parametrize(
    "change",
    [
        {"stream": True},
        {"metadata": {"user_id": "u"}},
        {"service_tier": "auto"},
        {"cache_control": {"type": "ephemeral"}},
        {"tools": [{**WEATHER, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "How is Oslo?"}]}, *BASE["messages"][1:]]},
        dict(reversed(BASE.items())),
    ],
)
def test_what_does_not_decide_it_changes_nothing(change: dict[str, Any]) -> None:
    body = {**change, **{name: value for name, value in BASE.items() if name not in change}}
    assert (read(body).hash, hashes(read(body))) == (read(BASE).hash, hashes(read(BASE)))


def test_hashes_are_the_same_everywhere() -> None:
    """Logs of several machines, processes and Python versions are read together."""
    body = {**BASE, "temperature": 0.7, "seed": 10**12, "top_p": None, "extra": ["é", True]}
    assert read(body).hash == "5ccdd687d9b6b4bf"
    assert hashes(read(body))[-1] == "ecdd94cd5a5e629a"


def test_openais_system_prompt_leads_its_messages() -> None:
    chat = [
        {"role": "system", "content": "Static."},
        {"role": "developer", "content": "Of today."},
        {"role": "user", "content": "How is Oslo?"},
        {"role": "system", "content": "A reminder, which is a turn."},
    ]
    prompt = read({"model": "m", "messages": chat}, "chat")
    assert (len(prompt.blocks), prompt.system_blocks, prompt.system) == (4, 2, "Static.\nOf today.")
    prompt = read({"model": "m", "instructions": "Static.", "input": chat[1:3], "tools": [WEATHER]}, "responses")
    assert (len(prompt.blocks), prompt.system_blocks, prompt.system) == (4, 3, "Static.\nOf today.")


def test_complexity_is_of_the_last_words_of_the_user() -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": "debug debug debug"}
    said = {"type": "text", "text": "Analyze, compare, and list them."}
    messages = [
        {"role": "user", "content": "Summarize it."},
        {"role": "assistant", "content": "Design, design."},
        {"role": "user", "content": [result, said]},
        {"role": "assistant", "content": "Debug."},
        {"role": "user", "content": [result]},
    ]
    assert read({**BASE, "messages": messages}).complexity == pytest.approx(2 / 3)
    assert read({**BASE, "messages": messages[4:]}).complexity is None
    assert read({"input": "Reason about it"}, "responses").complexity == 1


IMAGES: list[tuple[Api, dict[str, Any]]] = [
    ("messages", {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 500_000}}),
    (
        "messages",
        {
            "type": "tool_result",
            "tool_use_id": "t",
            "content": [{"type": "image", "source": {"type": "base64", "data": "A" * 500_000}}],
        },
    ),
    ("chat", {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 500_000}}),
    ("chat", {"type": "input_audio", "input_audio": {"format": "wav", "data": "A" * 500_000}}),
    ("responses", {"type": "input_image", "image_url": "data:image/png;base64," + "A" * 500_000}),
]


@pytest.mark.parametrize(("api", "image"), IMAGES)
def test_an_image_counts_as_an_image_not_as_its_letters(api: Api, image: dict[str, Any]) -> None:
    name = "input" if api == "responses" else "messages"
    body = {name: [{"role": "user", "content": [image]}, {"role": "user", "content": "x" * 6000}]}
    prompt = read(body, api)
    assert prompt.blocks[0].chars < 1.2 * prompt.blocks[1].chars
    other = json.loads(json.dumps(body).replace("AAA", "AAB"))
    assert hashes(read(other, api))[0] != hashes(prompt)[0]


def test_a_text_that_looks_like_an_image_counts_in_full() -> None:
    document = {"type": "document", "source": {"type": "text", "data": "data:" + "A" * 50_000}}
    prompt = read({"messages": [{"role": "user", "content": [document]}]})
    assert prompt.blocks[0].chars > 50_000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["text", "role", "data", "x"]), inner),
    max_leaves=12,
)


@given(
    st.sampled_from(["messages", "chat", "responses"]),
    st.dictionaries(st.sampled_from(["model", "messages", "input", "system", "instructions", "tools"]), json_values),
)
def test_any_body_that_an_application_may_send_is_read(api: Api, body: dict[str, Any]) -> None:
    prompt = read(body, api)
    prompt.prefix(100)
    assert prompt.complexity is None or 0 <= prompt.complexity <= 1
