"""aider's analytics log of one developer: every event, of which only message_send is a call."""

from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import DAYS, END_MS, arrivals
from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import (
    AIDER_COMPLETION_TOKENS,
    AIDER_GAP_S,
    AIDER_PROMPT_TOKENS,
    AIDER_SESSION_CALLS,
)
from sample_logs.generator.prices import cost_usd

FILE = "analytics.jsonl"
SESSIONS_PER_DAY = 2
MODELS = {"anthropic/claude-sonnet-5-5": 60, "anthropic/claude-opus-5-5": 15, "gpt-5.4-mini": 25}
WEAK_MODELS = {"anthropic": "anthropic/claude-haiku-4-5-20251001", "gpt-5.4-mini": "gpt-5.4-mini"}
EDIT_FORMATS = {"diff": 60, "ask": 30, "architect": 6, "whole": 4}


def write() -> Book:
    book = Book()
    draw = Draw("aider")
    user = draw.uuid()
    for day in DAYS:
        if day.weekday() < 5:
            for at_ms in arrivals(draw, day, SESSIONS_PER_DAY):
                _session(book, draw, user, at_ms // 1000)
    return book


def _session(book: Book, draw: Draw, user: str, at_s: int) -> None:
    def event(name: str, **properties: Any) -> dict[str, Any]:
        return {"event": name, "properties": properties, "user_id": user, "time": at_s}

    model = draw.by_weight(MODELS)
    book.no_call(FILE, event("launched"))
    book.no_call(FILE, event("repo", num_files=draw.between(80, 400)))
    book.no_call(FILE, event("cli session", main_model=model, weak_model=WEAK_MODELS[model.split("/")[0]]))
    total = 0.0
    for _ in range(draw.quantile(AIDER_SESSION_CALLS)):
        at_s = min(at_s + draw.quantile(AIDER_GAP_S), END_MS // 1000 - 1)
        tokens = Tokens(input=draw.quantile(AIDER_PROMPT_TOKENS), output=max(draw.quantile(AIDER_COMPLETION_TOKENS), 1))
        cost = cost_usd(model.split("/")[-1], tokens)
        total += cost
        book.no_call(FILE, event("message_send_starting"))
        line = event(
            "message_send",
            main_model=model,
            weak_model=WEAK_MODELS[model.split("/")[0]],
            editor_model=model,
            edit_format=draw.by_weight(EDIT_FORMATS),
            prompt_tokens=tokens.input,
            completion_tokens=tokens.output,
            total_tokens=tokens.input + tokens.output,
            cost=cost,
            total_cost=total,
        )
        book.call(FILE, line, tokens)
    book.no_call(FILE, event("exit", reason="Control-C"))
