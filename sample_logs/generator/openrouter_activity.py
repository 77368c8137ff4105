"""OpenRouter's /activity, asked twice: each answer one line, with a row for a day, a model and an endpoint."""

from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import DAYS
from sample_logs.generator.draw import Draw
from sample_logs.generator.prices import cost_usd

FILE = "activity.jsonl"
MODELS = {"google/gemini-2.5-flash": "gemini-2.5-flash", "openai/gpt-5.4-mini": "gpt-5.4-mini"}
FIRST_ANSWER_DAYS, SECOND_FROM = 18, 12
"""The first answer ends on its last day's noon; the second begins before that and goes to the end."""


def write() -> Book:
    book = Book()
    draw = Draw("openrouter-activity")
    rows: list[tuple[dict[str, Any], Tokens]] = []
    for day in DAYS:
        for slug, model in MODELS.items():
            requests = draw.between(2, 9)
            reasoning = draw.between(0, 300)
            tokens = Tokens(
                input=requests * draw.between(300, 900),
                output=requests * draw.between(60, 200) + reasoning,
                reasoning=reasoning,
            )
            row = {
                "date": str(day),
                "model": slug,
                "model_permaslug": slug,
                "endpoint_id": f"endpoint-{slug}",
                "provider_name": slug.split("/")[0].title(),
                "usage": cost_usd(model, tokens),
                "byok_usage_inference": 0,
                "requests": requests,
                "prompt_tokens": tokens.input,
                "completion_tokens": tokens.output,
                "reasoning_tokens": tokens.reasoning,
            }
            rows.append((row, tokens))
    first, second = rows[: 2 * FIRST_ANSWER_DAYS], rows[2 * SECOND_FROM :]
    overlap = len(first) + len(second) - len(rows)
    noon = [_half(row) if number >= len(first) - 2 else row for number, (row, _) in enumerate(first)]
    book.wrapping(FILE, {"data": noon}, [tokens for _, tokens in first[: len(first) - overlap]], copies=overlap)
    book.wrapping(FILE, {"data": [row for row, _ in second]}, [tokens for _, tokens in second])
    return book


def _half(row: dict[str, Any]) -> dict[str, Any]:
    """The row as it was at noon."""
    counts = ("requests", "prompt_tokens", "completion_tokens", "reasoning_tokens")
    return {**row, **{name: row[name] // 2 for name in counts}, "usage": row["usage"] / 2}
