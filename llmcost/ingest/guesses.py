"""What each field of an unknown log probably is: by the names that logs give it and the kind of value it holds."""

import re
from dataclasses import dataclass

from llmcost.ingest.fields import Field

_NUMBERS = ("whole number", "number", "HTTP code")
_COUNT = ("whole number", "HTTP code")
_TIME = ("time", "time (s since 1970)", "time (ms since 1970)", "time (µs since 1970)", "time (ns since 1970)")
_NAME = ("word", "whole number")
_TELLING = {"model": ("name of a model",), "ts": _TIME[:1] + _TIME[2:]}
"""Kinds of values that tell what a field is under any name: a number of nine digits may be anything."""
_LOW_VARIETY = 0.5
"""A word that is another in more than half of the lines tells calls apart and groups nothing."""


@dataclass(frozen=True)
class Wanted:
    """A field of a mapping: the names that logs give it, best first, and the kinds of values that it may have."""

    field: str
    names: tuple[str, ...]  # regular expressions over the words of a path
    kinds: tuple[str, ...]


_INPUT = r"(in|input|prompt|request|context)"
_OUTPUT = r"(out|output|completion|generated|response|answer|reply)"
_WANTED = (
    Wanted("total_tokens", (r"(total|all)( tokens?| token count)", r"(tokens|usage) (total|all)"), _COUNT),
    Wanted(
        "cache_read_tokens",
        (
            r"cache read( input)?( tokens?| token count)?", r"cached( input| prompt| content)?( tokens?| token count)?",
            r"(input|prompt) cached( tokens?)?", r"cache hit tokens?", r"from cache",
        ),
        _COUNT,
    ),
    Wanted(
        "cache_write_tokens",
        (r"cache (write|creation|written)( input)?( tokens?| token count)?", r"(write|written|to) cache( tokens?)?"),
        _COUNT,
    ),
    Wanted("reasoning_tokens", (r"(reasoning|thinking|thoughts?)( output)?( tokens?| token count)?",), _COUNT),
    Wanted(
        "input_tokens",
        (
            rf"{_INPUT}( tokens?| token count| toks?)", rf"n {_INPUT}( tokens?)?", rf"(tokens|usage|toks?) {_INPUT}",
            rf"{_INPUT} (count|length)",
        ),
        _COUNT,
    ),
    Wanted(
        "output_tokens",
        (
            rf"{_OUTPUT}( tokens?| token count| toks?)", rf"n {_OUTPUT}( tokens?)?", rf"(tokens|usage|toks?) {_OUTPUT}",
            rf"{_OUTPUT} (count|length)",
        ),
        _COUNT,
    ),
    Wanted(
        "max_output_tokens", (r"max (output |completion |new )?tokens?", r"max tokens? to sample"), ("whole number",)
    ),
    Wanted(
        "model",
        (
            r"response model( name| id)?", r"(llm )?model( name| id)?", r"(llm|model|engine) (name|id)",
            r"deployment( name| id)?", r"engine", r"llm", r"model .*",
        ),
        ("name of a model", "word"),
    ),
    Wanted(
        "ts",
        (
            r"(ts|timestamp|time|datetime)", r"(start|started|begin|request|event|log)( at| time| ts| timestamp)",
            r"(created|logged|received)( at| time| on)?", r"date", r"when", r"start(ed)?", r"beg[ai]n",
            r".*( at| time| timestamp)",
        ),
        _TIME,
    ),
    Wanted(
        "ttft",
        (r"ttft.*", r"(time to )?first token.*", r"time to first.*"),
        _NUMBERS,
    ),
    Wanted(
        "latency",
        (
            r"latency.*", r"(request |call |total )?duration.*", r"elapsed.*", r"took.*", r"response time.*",
            r"time taken.*", r"total time.*", r"runtime.*",
        ),
        _NUMBERS,
    ),
    Wanted(
        "status_http", (r"(http )?status( code)?", r"(http|response|return) (code|status)", r"code"), ("HTTP code",)
    ),
    Wanted("status_ok", (r"(is )?(ok|success|succeeded|successful)",), ("true or false",)),
    Wanted("status_error", (r"(is )?(error|failed|failure)", r"has error"), ("true or false",)),
    Wanted("status", (r"status", r"outcome", r"result", r"state"), ("word",)),
    Wanted("cost", (r"(total )?cost.*", r"(total )?price.*", r"spend.*", r".* cost( usd)?", r"usd"), _NUMBERS),
    Wanted("provider", (r"(llm |model |api )?(provider|vendor)( name| id)?",), ("word",)),
    Wanted(
        "user_id",
        (r"(end )?user( id| name)?", r"uid", r"username", r"customer( id)?", r"account( id)?", r"who"),
        _NAME,
    ),
    Wanted(
        "session_id", (r"(session|conversation|chat|thread)( id)?",), ("word", "whole number")
    ),
    Wanted("request_id", (r"(request|req|call|completion|message|response)( id)?", r"id", r"uuid"), ("word",)),
    Wanted(
        "feature",
        (
            r"feature( name)?", r"use case", r"(app|application|service|component)( name| id)?", r"route", r"endpoint",
            r"operation",
        ),
        ("word",),
    ),
    Wanted("task_type", (r"task( type| name)?",), ("word",)),
    Wanted("prompt_id", (r"prompt (id|name|version|template)", r"template( id| name)?"), ("word",)),
    Wanted("project", (r"project( name| id)?", r"workspace( id)?", r"repo(sitory)?"), ("word",)),
    Wanted("stop_reason", (r"(stop|finish) reason",), ("word",)),
    Wanted("service_tier", (r"service tier", r"tier"), ("word",)),
    Wanted("region", (r"region",), ("word",)),
)  # fmt: skip
_TAGS = re.compile(
    r"(team|env|environment|tenant|org|organization|department|version|release|cluster|channel)( name| id)?"
)
_GROUPS = (
    "feature",
    "task_type",
    "prompt_id",
    "project",
    "provider",
    "service_tier",
    "region",
    "stop_reason",
    "status",
)
_UNITS = (
    (re.compile(r"(ms|msec|millis|milliseconds?)$"), "ms"), (re.compile(r"(us|µs|micros|microseconds?)$"), "us"),
    (re.compile(r"(ns|nanos|nanoseconds?)$"), "ns"), (re.compile(r"(s|sec|secs|seconds?)$"), "s"),
)  # fmt: skip
_MILLISECONDS_FROM = 100.0
"""A duration without a unit is milliseconds if it is usually longer than this."""


def guessed(found: list[Field], lines: int) -> dict[str, Field]:
    """By field of a mapping, the path that probably holds it. No path is two things. `lines`: how many there are."""
    calls = max((it.lines for it in found if it.kind in _COUNT and "token" in words(it)), default=lines)
    guesses: dict[str, Field] = {}
    used: set[str] = set()
    for wanted in _WANTED:
        if wanted.field.startswith("status") and any(it.startswith("status") for it in guesses):
            continue
        ranked = sorted(
            (rank, -it.lines, len(it.names), number)
            for number, it in enumerate(found)
            if it.path not in used and (rank := _rank(wanted, it, calls)) is not None
        )
        if ranked:
            best = found[ranked[0][3]]
            guesses[_with_unit(wanted.field, best)] = best
            used.add(best.path)
    for it in found:
        if it.path not in used and it.kind == "word" and _TAGS.fullmatch(_last_words(it)) and _groups(it):
            guesses[f"tags.{re.sub('[^a-z0-9_]', '_', it.names[-1].lower())}"] = it
            used.add(it.path)
    return guesses


def _rank(wanted: Wanted, it: Field, calls: int) -> int | None:
    """How well a path fits, 0 best; None: not at all."""
    if it.kind not in wanted.kinds:
        return None
    if wanted.field in _GROUPS and not _groups(it):
        return None
    if wanted.field == "request_id" and (len(it.texts) < it.lines or it.lines < calls):
        return None  # one id for several lines would make one call of them
    for place, name in enumerate(wanted.names):
        if re.fullmatch(name, _last_words(it)):
            return 2 * place
        if len(it.names) > 1 and re.fullmatch(name, words(it, 2)):
            return 2 * place + 1
    if it.kind in _TELLING.get(wanted.field, ()):
        return 2 * len(wanted.names)
    return None


def _groups(it: Field) -> bool:
    """Whether a word comes again often enough to group lines by it."""
    return it.lines < 4 or len(it.texts) <= max(1, _LOW_VARIETY * it.lines)


def _last_words(it: Field) -> str:
    return words(it, 1)


def words(it: Field, last: int = 2) -> str:
    """The last names of a path as small words: promptTokens, prompt_tokens and prompt-tokens are prompt tokens."""
    text = " ".join(it.names[-last:])
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    return " ".join(re.split(r"[^a-z0-9µ]+", text.lower())).strip()


def _with_unit(wanted: str, it: Field) -> str:
    """The field with the unit of its numbers: by the name, else by how large they are."""
    if wanted == "cost":
        return "cost_logged_cents" if re.search(r"cents?$", _last_words(it)) else "cost_logged_usd"
    if wanted not in ("latency", "ttft"):
        return wanted
    for unit, name in _UNITS:
        if unit.search(_last_words(it).replace(" ", "")) and not re.fullmatch(
            r"(latency|duration|elapsed|took)", _last_words(it)
        ):
            return f"{wanted}_{name}"
    return f"{wanted}_ms" if it.middle >= _MILLISECONDS_FROM else f"{wanted}_s"
