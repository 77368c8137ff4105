"""A LiteLLM gateway's log: the same product's calls that go through it, texts and all."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import END_MS, daily_arrivals
from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import MOONCAKE_TURN_GAP_S, MOONCAKE_TURNS_PERMILLE
from sample_logs.generator.prices import cost_usd
from sample_logs.generator.prompts import FIVE_MINUTES_MS, Block, CacheRule, PromptCache, digest, prefixes
from sample_logs.generator.story import PROJECT
from sample_logs.generator.texts import (
    CODE_PROMPT,
    CODE_QUESTIONS,
    FOLLOW_UPS,
    HANDBOOK,
    QUESTIONS,
    SUMMARY_PROMPT,
    THREADS,
    TICKETS,
    TRIAGE_PROMPT,
    tokens_in,
)

FILE = "gateway.jsonl"
CACHE_RULE = CacheRule(FIVE_MINUTES_MS, min_tokens=512)
RESPONSE_CACHE_MS = 24 * 3_600_000
"""The gateway answers a repeated question from its own cache for a day; that costs nothing."""
FAILURE_SHARE = 0.03
MS_PER_TOKEN = 13
MESSAGE_OVERHEAD_TOKENS = 4

Message = dict[str, str]


@dataclass(frozen=True)
class Chat:
    """One call, with its answer."""

    at_ms: int
    feature: str
    task_type: str
    model: str
    provider: str
    group: str  # the gateway's name for the model
    team: str
    user: str
    trace: str
    messages: tuple[Message, ...]
    answer: str
    max_tokens: int
    cached_prompt: bool = False  # the caller marks the system prompt for the provider's cache

    @property
    def latency_ms(self) -> int:
        return 450 + tokens_in(self.answer) * MS_PER_TOKEN


def write() -> Book:
    book = Book()
    draw = Draw("litellm")
    chats = sorted((chat for chat in _chats() if chat.at_ms < END_MS), key=lambda chat: chat.at_ms)
    prompt_cache = PromptCache()
    answered: dict[str, tuple[int, str]] = {}  # prompt → when, and the id of the answer
    for chat in chats:
        if draw.chance(FAILURE_SHARE):
            book.call(FILE, _failure(draw, chat), Tokens(), "failed_calls")
            chat = replace(chat, at_ms=chat.at_ms + draw.between(1_500, 4_000))
        key = digest(chat.model, chat.messages)
        when, first_id = answered.get(key, (0, ""))
        hit = chat.at_ms - when < RESPONSE_CACHE_MS
        response_id = first_id if hit else f"chatcmpl-{draw.uuid()}"
        tokens = _counted(chat, None if hit else prompt_cache)
        if not hit:
            answered[key] = (chat.at_ms, response_id)
        line = _payload(draw, chat, tokens, response_id, hit=hit)
        book.call(FILE, line, Tokens() if hit else tokens)
        if draw.chance(0.005):
            book.truncated(FILE, line, draw.unit())
    return book


def _chats() -> Iterator[Chat]:
    draw = Draw("litellm/chats")
    for at_ms in daily_arrivals(draw, 3):
        yield from _help(draw, at_ms)
    for at_ms in daily_arrivals(draw, 3):
        text, label = draw.pick(TICKETS)
        text = f"Classify this ticket: {text}"
        yield _chat(draw, at_ms, "ticket-triage", "classification", "claude-opus-5-5", TRIAGE_PROMPT, text, label)
    for at_ms in daily_arrivals(draw, 1):
        text, answer = draw.pick(THREADS)
        text = f"Summarize this thread. {text}"
        model = draw.pick(("claude-sonnet-5-5", "claude-haiku-4-5-20251001"))
        yield _chat(draw, at_ms, "doc-summaries", "summarization", model, SUMMARY_PROMPT, text, answer)
    for at_ms in daily_arrivals(draw, 1):
        text, answer = draw.pick(CODE_QUESTIONS)
        yield _chat(draw, at_ms, "code-assist", "code-generation", "claude-opus-5-5", CODE_PROMPT, text, answer)
    for at_ms in daily_arrivals(draw, 1):
        text = draw.pick(draw.pick(QUESTIONS).asked)
        yield _chat(draw, at_ms, "search-answers", "embedding", "text-embedding-3-small", "", text, "")


def _help(draw: Draw, at_ms: int) -> Iterator[Chat]:
    """A conversation in the help centre: people ask the same things, in other words."""
    question = draw.pick(QUESTIONS)
    asked = draw.pick(question.asked)
    chat = _chat(
        draw,
        at_ms,
        "support-chat",
        "chat",
        "claude-sonnet-5-5",
        HANDBOOK,
        asked,
        question.answer,
        cached_prompt=True,
    )
    yield chat
    for _ in range(draw.place(MOONCAKE_TURNS_PERMILLE[:4])):
        text, answer = draw.pick(FOLLOW_UPS)
        history = (
            *chat.messages,
            {"role": "assistant", "content": chat.answer},
            {"role": "user", "content": text},
        )
        at_ms += chat.latency_ms + 1_000 * draw.quantile(MOONCAKE_TURN_GAP_S)
        chat = replace(chat, at_ms=at_ms, messages=history, answer=answer)
        yield chat


def _chat(
    draw: Draw,
    at_ms: int,
    feature: str,
    task_type: str,
    model: str,
    system: str,
    text: str,
    answer: str,
    *,
    cached_prompt: bool = False,
) -> Chat:
    messages: list[Message] = [{"role": "system", "content": system}] if system else []
    return Chat(
        at_ms=at_ms,
        feature=feature,
        task_type=task_type,
        model=model,
        provider="anthropic" if model.startswith("claude") else "openai",
        group={"claude-opus-5-5": "large", "claude-haiku-4-5-20251001": "small"}.get(model, "medium"),
        team="knowledge" if feature == "doc-summaries" else "support",
        user=f"u_{draw.below(60):04d}",
        trace=draw.uuid(),
        messages=(*messages, {"role": "user", "content": text}),
        answer=answer,
        max_tokens=4_096,
        cached_prompt=cached_prompt,
    )


def _counted(chat: Chat, cache: PromptCache | None) -> Tokens:
    """The call's tokens; without a cache where it never came to the provider."""
    blocks = [
        Block(
            f"{message['role']}: {message['content']}",
            tokens_in(message["content"]) + MESSAGE_OVERHEAD_TOKENS,
        )
        for message in chat.messages
    ]
    prompt = prefixes(blocks)
    read = written = 0
    if chat.cached_prompt and cache:
        read, written = cache.serve(chat.model, CACHE_RULE, prompt, [0], chat.at_ms, chat.at_ms + 450)
    return Tokens(
        input=prompt[-1].tokens - read - written,
        cache_read=read,
        cache_write_5m=written,
        output=tokens_in(chat.answer),
    )


def _payload(draw: Draw, chat: Chat, tokens: Tokens, response_id: str, *, hit: bool) -> dict[str, Any]:
    """A success. LiteLLM's prompt_tokens hold what was read from and written to the cache."""
    took_ms = 4 if hit else chat.latency_ms
    end_ms = chat.at_ms + took_ms
    usage = {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.prompt + tokens.output,
        "prompt_tokens_details": {
            "cached_tokens": tokens.cache_read,
            "cache_creation_tokens": tokens.cache_write_5m,
        },
        "cache_creation_input_tokens": tokens.cache_write_5m,
        "cache_read_input_tokens": tokens.cache_read,
    }
    embedding = chat.task_type == "embedding"
    message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": chat.answer}}
    response = {
        "id": response_id,
        "created": end_ms // 1000,
        "model": chat.model,
        "object": "list" if embedding else "chat.completion",
        **({} if embedding else {"choices": [message]}),
        "usage": usage,
    }
    cost = cost_usd(chat.model, tokens)
    return {
        **_common(draw, chat),
        # the id of an answer that is given again would stand twice, so LiteLLM makes another of it
        "id": f"{response_id}_cache_hit{chat.at_ms / 1000}" if hit else response_id,
        "status": "success",
        "cache_hit": hit,
        "startTime": chat.at_ms / 1000,
        "endTime": end_ms / 1000,
        "completionStartTime": (end_ms if hit else chat.at_ms + 450) / 1000,
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.prompt + tokens.output,
        "response_cost": 0.0 if hit else cost,
        "saved_cache_cost": cost if hit else 0.0,
        "metadata": _metadata(chat, usage),
        "response": response,
    }


def _failure(draw: Draw, chat: Chat) -> dict[str, Any]:
    end_ms = chat.at_ms + draw.between(200, 900)
    return {
        **_common(draw, chat),
        "id": draw.uuid(),
        "status": "failure",
        "cache_hit": None,
        "startTime": chat.at_ms / 1000,
        "endTime": end_ms / 1000,
        "completionStartTime": end_ms / 1000,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "total_tokens": 0,
        "response_cost": 0.0,
        "saved_cache_cost": 0.0,
        "metadata": _metadata(chat, None),
        "response": None,
        "error_str": f"litellm.RateLimitError: {chat.provider} answered 429, try again in 2 s",
        "error_information": {
            "error_code": "429",
            "error_class": "RateLimitError",
            "llm_provider": chat.provider,
        },
    }


def _common(draw: Draw, chat: Chat) -> dict[str, Any]:
    return {
        "litellm_call_id": draw.uuid(),
        "trace_id": chat.trace,
        "session_id": chat.trace,
        "call_type": "aembedding" if chat.task_type == "embedding" else "acompletion",
        "stream": False,
        "custom_llm_provider": chat.provider,
        "model": chat.model,
        "model_group": chat.group,
        "model_parameters": {} if chat.task_type == "embedding" else {"max_tokens": chat.max_tokens, "temperature": 0},
        "request_tags": [
            f"feature:{chat.feature}",
            f"task_type:{chat.task_type}",
            f"project:{PROJECT}",
            "env:production",
        ],
        "end_user": chat.user,
        "messages": list(chat.messages),
    }


def _metadata(chat: Chat, usage: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "user_api_key_alias": f"{chat.team}-gateway",
        "user_api_key_team_alias": chat.team,
        "user_api_key_user_id": None,
        "usage_object": usage,
    }
