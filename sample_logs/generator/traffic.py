"""The product's requests over the story's days: prompts, answers, failures. Not yet served."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sample_logs.generator.days import (
    DAYS,
    END_MS,
    OUTAGE,
    RUNAWAY_DAY,
    daily_arrivals,
    day_of,
    iso,
    midnight_ms,
)
from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import (
    MOONCAKE_FOLLOW_UP_PERCENT,
    MOONCAKE_NEW_TOKENS,
    MOONCAKE_TURNS_PERMILLE,
)
from sample_logs.generator.prompts import Block
from sample_logs.generator.story import (
    AGENT_PROMPT,
    BACKFILL_PROMPT,
    CODE_ASSIST,
    DAYTIME_FEATURES,
    DOC_SUMMARIES,
    HAIKU_4_5,
    NIGHTLY_DIGEST,
    Feature,
    Model,
    Prompt,
)

USERS = 240
RESENT_SHARE = 0.015
"""Single requests that a user sends twice within seconds."""
OVERLOAD_SHARE, CUT_SHARE = 0.012, 0.008
"""Calls refused, which cost nothing, and calls cut off in mid-answer, which were paid for."""
OUTAGE_FACTOR = 20


@dataclass(frozen=True)
class Request:
    """One call as the product sends it."""

    at_ms: int
    feature: Feature
    model: Model
    prompt: Prompt
    user: str
    session: str
    blocks: tuple[Block, ...]
    stable_blocks: int  # the first so many come again in the session's next turn
    output_tokens: int
    stop_reason: str | None
    tier: str = "standard"
    error: str | None = None
    retry: int = 0  # how many attempts of the same call went before

    @property
    def answer_ms(self) -> int:
        """About how long the answer takes to be written."""
        return 1_500 + self.output_tokens * 1_000 // self.model.output_tokens_per_s


def planned() -> list[Request]:
    """Every request of the story, by time."""
    requests: list[Request] = []
    for feature in DAYTIME_FEATURES:
        draw = Draw(f"traffic/{feature.name}")
        for at_ms in daily_arrivals(draw, feature.sessions_per_day):
            requests += _session(draw, feature, at_ms)
    requests += _digests(Draw("digests"))
    requests += _backfills(Draw("backfills"))
    requests += _runaway(Draw("runaway"))
    attempts = _attempts(Draw("failures"), requests)
    return sorted((request for request in attempts if request.at_ms < END_MS), key=lambda request: request.at_ms)


def _session(draw: Draw, feature: Feature, at_ms: int) -> Iterator[Request]:
    prompt = draw.by_weight(feature.prompts)
    user = f"u_{draw.below(USERS) * draw.below(USERS) // USERS:04d}"
    session = f"s_{draw.hex(10)}"
    if feature.shape == "conversation":
        yield from _conversation(draw, feature, prompt, user, session, at_ms)
    elif feature.shape == "document":
        yield from _questions(draw, feature, prompt, user, session, at_ms)
    else:
        request = _single(draw, feature, prompt, user, session, at_ms)
        yield request
        if draw.chance(RESENT_SHARE):
            yield replace(request, at_ms=at_ms + draw.between(700, 4_000))


def _single(draw: Draw, feature: Feature, prompt: Prompt, user: str, session: str, at_ms: int) -> Request:
    text = f"{feature.name}/{session}"
    tokens = draw.quantile(feature.user_tokens)
    if draw.chance(feature.known_percent / 100):
        # The first of the known inputs are asked most; each always has the same text and so the same length.
        number = min(draw.below(feature.known_inputs), draw.below(feature.known_inputs))
        text = f"{feature.name}/known/{number}"
        tokens = Draw(text).quantile(feature.user_tokens)
    blocks = (*_fixed(prompt), Block(text, tokens))
    return _request(draw, feature, prompt, user, session, at_ms, blocks, len(blocks))


def _conversation(
    draw: Draw, feature: Feature, prompt: Prompt, user: str, session: str, at_ms: int
) -> Iterator[Request]:
    """Turns that each send the whole history, and, in code-assist, end in the state of the editor."""
    blocks = _fixed(prompt)
    for turn in range(_turns(draw, feature)):
        tokens = draw.quantile(MOONCAKE_NEW_TOKENS if turn else feature.user_tokens)
        blocks.append(Block(f"{session}/{turn}/question", tokens))
        state = [Block(f"{session}/{turn}/state", draw.between(40, 220))] if feature is CODE_ASSIST else []
        request = _request(draw, feature, prompt, user, session, at_ms, (*blocks, *state), len(blocks))
        yield request
        blocks.append(Block(f"{session}/{turn}/answer", max(request.output_tokens, 1)))
        at_ms += request.answer_ms + 1_000 * draw.quantile(feature.turn_gap_s)


def _questions(draw: Draw, feature: Feature, prompt: Prompt, user: str, session: str, at_ms: int) -> Iterator[Request]:
    """A summary of a document, then questions on it, each with the document and without the others."""
    head = [*_fixed(prompt), Block(f"{session}/document", draw.quantile(feature.user_tokens))]
    number = 0
    while True:
        blocks = (*head, Block(f"{session}/{number}/question", draw.between(12, 90)))
        request = _request(draw, feature, prompt, user, session, at_ms, blocks, len(head))
        yield request
        if not draw.chance(MOONCAKE_FOLLOW_UP_PERCENT / 100):
            return
        number += 1
        at_ms += request.answer_ms + 1_000 * draw.quantile(feature.turn_gap_s)


def _digests(draw: Draw) -> Iterator[Request]:
    """Every night from 02:00 on, three at a time."""
    for day in DAYS:
        for number in range(NIGHTLY_DIGEST.sessions_per_day + draw.below(3)):
            at_ms = midnight_ms(day) + 2 * 3_600_000 + number // 3 * 40_000 + draw.below(300)
            prompt = next(iter(NIGHTLY_DIGEST.prompts))
            yield _single(draw, NIGHTLY_DIGEST, prompt, "svc_digest", f"s_{draw.hex(10)}", at_ms)


def _backfills(draw: Draw) -> Iterator[Request]:
    """Sundays at 03:00, one batch."""
    for day in (day for day in DAYS if day.weekday() == 6):
        for number in range(draw.between(24, 36)):
            at_ms = midnight_ms(day) + 3 * 3_600_000 + 60_000 * number // 8
            request = _single(draw, DOC_SUMMARIES, BACKFILL_PROMPT, "svc_backfill", f"s_{draw.hex(10)}", at_ms)
            yield replace(request, model=HAIKU_4_5, tier="batch")


def _runaway(draw: Draw) -> Iterator[Request]:
    """Three agents in a loop over one failing tool, their history growing until it is thrown away."""
    for number, hour in enumerate((9, 13, 16)):
        at_ms = midnight_ms(RUNAWAY_DAY) + hour * 3_600_000 + draw.below(1_800_000)
        session = f"s_{draw.hex(10)}"
        history: list[Block] = []
        for turn in range(22 + 2 * number):
            tools, system = _fixed(AGENT_PROMPT)
            dated = Block(f"{iso(at_ms)} {system.text}", system.tokens)
            history.append(Block(f"{session}/{turn}/tool-result", draw.between(1_100, 2_600)))
            blocks = (tools, dated, *history)
            request = _request(draw, CODE_ASSIST, AGENT_PROMPT, "svc_agent", session, at_ms, blocks, len(blocks))
            request = replace(request, output_tokens=min(request.output_tokens, 900), stop_reason="tool_use")
            yield request
            history.append(Block(f"{session}/{turn}/tool-call", max(request.output_tokens, 1)))
            at_ms += request.answer_ms + draw.between(20_000, 120_000)


def _request(
    draw: Draw,
    feature: Feature,
    prompt: Prompt,
    user: str,
    session: str,
    at_ms: int,
    blocks: tuple[Block, ...],
    stable_blocks: int,
) -> Request:
    model = feature.model_on(day_of(at_ms))
    wanted = max(draw.quantile(feature.output_tokens), 1)
    cut = wanted >= feature.max_output_tokens
    done, cut_off = ("end_turn", "max_tokens") if model.provider == "anthropic" else ("stop", "length")
    return Request(
        at_ms=at_ms,
        feature=feature,
        model=model,
        prompt=prompt,
        user=user,
        session=session,
        blocks=blocks,
        stable_blocks=stable_blocks,
        output_tokens=min(wanted, feature.max_output_tokens),
        stop_reason=cut_off if cut else done,
    )


def _attempts(draw: Draw, requests: list[Request]) -> Iterator[Request]:
    """The requests, some of them after a failed attempt or two."""
    for request in requests:
        retry, at_ms = 0, request.at_ms
        outage = OUTAGE[0] <= iso(at_ms) < OUTAGE[1] and request.model.provider == "anthropic"
        factor = OUTAGE_FACTOR if outage else 1
        while retry < 3 and request.tier == "standard" and draw.chance((OVERLOAD_SHARE + CUT_SHARE) * factor):
            refused = draw.chance(OVERLOAD_SHARE / (OVERLOAD_SHARE + CUT_SHARE))
            written = 0 if refused else draw.below(request.output_tokens) + 1
            failed = replace(
                request,
                at_ms=at_ms,
                retry=retry,
                output_tokens=written,
                stop_reason=None,
                error="overloaded_error" if refused else "stream_interrupted",
            )
            yield failed
            retry += 1
            at_ms += (300 if refused else failed.answer_ms) + 1_000 * 2**retry + draw.below(1_000)
        yield replace(request, at_ms=at_ms, retry=retry)


def _fixed(prompt: Prompt) -> list[Block]:
    """The blocks that every request with this prompt begins with."""
    tools = Block(f"{prompt.id.split('/')[0]}/tools/{prompt.tools_tokens}", prompt.tools_tokens)
    system = Block(f"{prompt.id}/system", prompt.system_tokens)
    return [tools, system] if prompt.tools_tokens else [system]


def _turns(draw: Draw, feature: Feature) -> int:
    if feature.session_calls:
        return draw.quantile(feature.session_calls)
    return 1 + draw.place(MOONCAKE_TURNS_PERMILLE)


def week_of(day: date) -> str:
    """The release that ran that day: one a week, on Tuesdays."""
    year, week, _ = (day - timedelta(days=1)).isocalendar()
    return f"{year}.{week}"
