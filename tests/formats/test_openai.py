"""Chat Completions: whoever speaks them, told by marks of their own."""

from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import check_refusals, read
from tests.logs import Row


def chat(id: str, prompt: int, answer: int, **fields: Any) -> Row:
    usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
    return {"id": id, "object": "chat.completion", "created": 1793613600, "model": "m",
            "choices": [{"finish_reason": "stop", "message": {"content": "hi"}}], "usage": usage} | fields  # fmt: skip


@pytest.mark.parametrize(
    ("body", "provider", "buckets"),
    [
        (chat("1", 30, 7, model="gpt-4o"), "openai", (30, 0, 0, 0, 7)),
        (chat("1", 30, 7, model="llama-3.3-70b-versatile", x_groq={"id": "req_1"}), "groq", (30, 0, 0, 0, 7)),
        (chat("1", 30, 7, model="deepseek-chat", usage={
            "prompt_tokens": 30, "prompt_cache_hit_tokens": 20, "prompt_cache_miss_tokens": 10,
            "completion_tokens": 7}), "deepseek", (10, 20, 0, 0, 7)),
        (chat("1", 30, 7, model="gpt-4o", prompt_filter_results=[{"prompt_index": 0}]), "azure", (30, 0, 0, 0, 7)),
        (chat("1", 30, 7, model="mistral-medium-latest", usage={
            "prompt_tokens": 30, "num_cached_tokens": 20, "completion_tokens": 7}), "mistral", (10, 20, 0, 0, 7)),
        (chat("gen-1", 30, 7, model="openai/gpt-4o", provider="OpenAI"), "openrouter", (30, 0, 0, 0, 7)),
        (chat("1", 30, 7, model="grok-4", usage={
            "prompt_tokens": 30, "completion_tokens": 7, "total_tokens": 137,
            "completion_tokens_details": {"reasoning_tokens": 100}}), "x-ai", (30, 0, 0, 0, 107)),
        (chat("1", 30, 7, model="gemini-2.5-pro", usage={
            "prompt_tokens": 30, "completion_tokens": 7, "total_tokens": 87}), "google", (30, 0, 0, 0, 57)),
        ({"host": "api.fireworks.ai", "response": chat("1", 30, 7, model="x")}, "api.fireworks.ai", (30, 0, 0, 0, 7)),
        (chat("1", 30, 7, model="gpt-4o", object="chat.completion.chunk", choices=[]), "openai", (30, 0, 0, 0, 7)),
        ({"object": "list", "model": "text-embedding-3-small", "usage": {"prompt_tokens": 8, "total_tokens": 8}},
         "openai", (8, 0, 0, 0, 0)),
        ({"id": "1", "object": "text_completion", "model": "gpt-3.5-turbo-instruct", "choices": [{"text": "hi"}],
          "usage": {"prompt_tokens": 8, "completion_tokens": 2}}, "openai", (8, 0, 0, 0, 2)),
    ],
)  # fmt: skip
def test_who_speaks_chat_completions(tmp_path: Path, body: Row, provider: str, buckets: tuple[int, ...]) -> None:
    found = read(tmp_path, [body])
    assert (found.tokens(), found.only()["source_format"]) == ([buckets], "openai")
    assert found.only()["provider"] == provider


def test_an_openrouter_response_says_what_it_cost(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 2168, "completion_tokens": 100, "cost": 0.0005,
             "prompt_tokens_details": {"cached_tokens": 2161, "cache_write_tokens": 2161}}  # fmt: skip
    found = read(tmp_path, [chat("gen-1", 0, 0, provider="Google", model="google/gemini-2.5-flash", usage=usage)])
    assert found.tokens() == [(7, 2161, 2161, 0, 100)], "tokens may be read and written at once"
    assert (found.only()["cost_logged_usd"], found.only()["tags"]) == (0.0005, {"upstream": "Google"})


def test_the_caches_behind_openrouter_are_those_of_the_provider_that_served(tmp_path: Path) -> None:
    rows = [
        chat(f"gen-{n}", 9, 1, provider=by) for n, by in enumerate(["Anthropic", "Amazon Bedrock", "Anthropic", None])
    ]
    first, other, again, unsaid = [row["organisation"] for row in read(tmp_path, rows).requests]
    assert first == again != other
    assert first is not None
    assert unsaid is None


def test_what_openrouter_s_names_say(tmp_path: Path) -> None:
    names = ["anthropic/claude-opus-5.5:batch", "openai/gpt-5.5:online", "openai/gpt-5.5"]
    rows = [chat(f"gen-{n}", 9, 1, provider="x", model=name) for n, name in enumerate(names)]
    found = [(row["model"], row["service_tier"], row["tools"]) for row in read(tmp_path, rows).requests]
    assert found == [
        ("anthropic/claude-opus-5.5", "batch", None),
        ("openai/gpt-5.5", "standard", {"online": 1}),
        ("openai/gpt-5.5", "standard", None),
    ]


def test_broken(tmp_path: Path) -> None:
    check_refusals(tmp_path, chat("1", 30, 7), ("usage", "completion_tokens"))


def test_seconds_since_a_server_began_are_no_time(tmp_path: Path) -> None:
    embedded = {"id": "embd-0123456789abcdef", "object": "list", "created": 63398, "model": "e5",
                "data": [], "usage": {"prompt_tokens": 11, "total_tokens": 11}}  # fmt: skip
    found = read(tmp_path, [embedded, chat("1", 30, 7, created=12.5), chat("2", 30, 7, created="20261102")])
    assert [row["ts"] for row in found.requests] == [None, None]
    assert found.reasons == ["a time that cannot be read or is outside 1970 to 2100"], "a day is no such count"
