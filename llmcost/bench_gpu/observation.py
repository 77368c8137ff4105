"""One request: as it was planned, and as the client saw it."""

from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["ok", "error", "cut", "without_usage"]


@dataclass(frozen=True, slots=True)
class Planned:
    """A request to be sent."""

    input_tokens: int
    output_tokens: int
    salt: str = ""  # what its prompt is drawn from: another salt, another prompt
    at_s: float = 0.0  # when, after the step's beginning; a closed loop sends as soon as there is room


@dataclass(slots=True)
class Observation:
    """What became of a request. Times are seconds of one monotonic clock."""

    sent_s: float
    planned: Planned
    ended_s: float = 0.0
    attempts: int = 0  # more than one: the server closed the connection it had kept instead of answering
    outcome: Outcome = "ok"
    failure: str | None = None  # why, where the outcome is not ok
    first_token_s: float | None = None
    last_token_s: float | None = None
    gaps_s: list[float] = field(default_factory=list)  # between two pieces of the stream
    input_tokens: int | None = None  # as the server counted them
    output_tokens: int | None = None

    def answered(self) -> "Answered":
        """Its times and lengths, for a request that ended well."""
        assert self.first_token_s is not None and self.last_token_s is not None  # noqa: PT018 - that is what ok means
        assert self.input_tokens is not None and self.output_tokens is not None  # noqa: PT018
        ttft_s, e2e_s = self.first_token_s - self.sent_s, self.last_token_s - self.sent_s
        later = self.output_tokens - 1
        return Answered(
            sent_s=self.sent_s,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            ttft_ms=ttft_s * 1e3,
            e2e_ms=e2e_s * 1e3,
            tpot_ms=(e2e_s - ttft_s) / later * 1e3 if later > 0 else None,
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that ended well."""

    sent_s: float
    input_tokens: int
    output_tokens: int
    ttft_ms: float  # time to first token
    e2e_ms: float  # time to last token
    tpot_ms: float | None  # time per output token after the first; null where there is none
