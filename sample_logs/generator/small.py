"""A handful of calls a day, for the formats of which a few lines are enough."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sample_logs.generator.book import Tokens
from sample_logs.generator.days import daily_arrivals
from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import AZURE_CONTEXT_TOKENS
from sample_logs.generator.texts import QUESTIONS, tokens_in


@dataclass(frozen=True)
class Call:
    """One call: who asked what, and what it took."""

    at_ms: int
    latency_ms: int
    model: str
    user: str
    session: str
    question: str
    answer: str
    tokens: Tokens

    @property
    def end_ms(self) -> int:
        return self.at_ms + self.latency_ms


def calls(
    draw: Draw,
    models: Mapping[str, int],
    *,
    every: int = 1,
    system_tokens: int = 0,
    cached_share: float = 0.0,
    written_share: float = 0.0,
    reasoning_share: float = 0.0,
) -> Iterator[Call]:
    """Three questions on a mean day, or one in so many of them, each to one of the models by weight.

    Of a prompt that begins with `system_tokens` the given shares of calls read or write these in the cache.
    """
    for number, at_ms in enumerate(daily_arrivals(draw, 3)):
        if number % every:
            continue
        question = draw.pick(QUESTIONS)
        reasoning = draw.between(20, 400) if draw.chance(reasoning_share) else 0
        share = draw.unit() if system_tokens else 1.0
        read = system_tokens if share < cached_share else 0
        written = system_tokens if not read and share < cached_share + written_share else 0
        tokens = Tokens(
            input=draw.quantile(AZURE_CONTEXT_TOKENS) + system_tokens - read - written,
            cache_read=read,
            cache_write_5m=written,
            output=tokens_in(question.answer) + reasoning,
            reasoning=reasoning,
        )
        yield Call(
            at_ms=at_ms,
            latency_ms=400 + tokens.output * draw.between(8, 14),
            model=draw.by_weight(models),
            user=f"u_{draw.below(40):04d}",
            session=f"s_{draw.hex(10)}",
            question=draw.pick(question.asked),
            answer=question.answer,
            tokens=tokens,
        )
