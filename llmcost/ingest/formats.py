"""The formats there are: the files under `queries/formats`, and those of one's own in `llmcost.toml`.

    [formats.gateway]
    ts = "$.time"
    model = "$.llm.name"
    input_tokens = "$.llm.usage.in"
    output_tokens = "$.llm.usage.out"
    cache_read_tokens = "$.llm.usage.cached"
    cached_inside_input = true       # the input count holds the cached tokens
    provider = "openai"              # a text that is not a path stands for itself
    tags = { team = "$.owner.team" }

A path is `$`, then names and `[n]` for elements of a list. `model`, `input_tokens` and `output_tokens` must be
given; a line that has both the model and the output count is a call of this format.
"""

import json
import re
from typing import Any

from llmcost import config
from llmcost.engine import registry
from llmcost.engine.registry import Query
from llmcost.errors import LlmcostError, did_you_mean

REQUIRED = ("model", "input_tokens", "output_tokens")
FIELDS = (
    *REQUIRED, "request_id", "ts", "provider", "feature", "task_type", "prompt_id", "user_id", "session_id", "project",
    "cache_read_tokens", "cache_write_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "reasoning_tokens",
    "total_tokens", "web_searches",
    "max_output_tokens", "stop_reason", "service_tier", "status", "latency_ms", "ttft_ms", "cost_logged_usd",
    "prompt_hash", "output_hash", "output_text", "prompt_text",
)  # fmt: skip
_NUMBERS = ("latency_ms", "ttft_ms", "cost_logged_usd")
_OPTIONS = ("tags", "cached_inside_input")
_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]")


def is_stateful(name: str) -> bool:
    """Whether lines of the format mean what the lines before them in their file decide, so that it is read whole."""
    return "stateful" in find(name).fields


def known() -> dict[str, Query]:
    """Every format by name. Raises LlmcostError for a mapping in `llmcost.toml` that cannot be."""
    shipped = registry.load("formats")
    own = config.table("formats")
    for name in own:
        if name in shipped:
            raise LlmcostError(f"{config.path()}: formats.{name} is a format of llmcost", hint="give it another name")
    return shipped | {name: mapped(name, fields) for name, fields in own.items()}


def find(name: str) -> Query:
    """A format by name. Raises UsageError naming the nearest when there is none."""
    own = known()
    return own[name] if name in own else registry.find("formats", name)


def mapped(name: str, fields: Any) -> Query:
    """The format that a mapping describes, as if it were a file under `queries/formats`."""
    where = f"{config.path() or config.NAME}: formats.{name}"
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise LlmcostError(f"{where}: a format's name is small letters, digits, - and _", hint="rename it")
    if not isinstance(fields, dict):
        raise LlmcostError(f"{where} is not a table of fields", hint=f"begin it with [formats.{name}]")
    for field in fields:
        if field not in (*FIELDS, *_OPTIONS):
            raise LlmcostError(f"{where} has no field {field}", hint=did_you_mean(field, [*FIELDS, *_OPTIONS]))
    missing = [field for field in REQUIRED if field not in fields]
    if missing:
        raise LlmcostError(f"{where} does not map {', '.join(missing)}", hint='like output_tokens = "$.usage.out"')

    structure: dict[str, Any] = {}
    columns = {
        field: _value(f"{where}.{field}", structure, given, "DOUBLE" if field in _NUMBERS else "VARCHAR")
        for field, given in fields.items()
        if field not in _OPTIONS
    }
    tags = {
        tag: _value(f"{where}.tags.{tag}", structure, given, "VARCHAR") for tag, given in fields.get("tags", {}).items()
    }
    claims = f"{columns['model']} is not null and {columns['output_tokens']} is not null"
    if fields.get("cached_inside_input"):
        columns["input_holds"] = "'caches'"
    if tags:
        entries = ", ".join(f"{{'key': {_text(tag)}, 'value': {value}}}" for tag, value in tags.items())
        columns["tags"] = f"map_from_entries(list_filter([{entries}], lambda entry: entry.value is not null))"
    selected = "".join(f",\n    {value} as {field}" for field, value in columns.items())
    header = {"source": ("your own log",), "columns": (json.dumps(structure),), "claims": (claims,)}
    body = f"select\n    line,\n    true as carries_call{selected}\nfrom lines"
    return Query(name, "formats", "a log of your own, mapped in llmcost.toml", body, header, ())


def _value(where: str, structure: dict[str, Any], given: Any, kind: str) -> str:
    """SQL for what a mapping gives: a path's value, whose place is noted in the structure, or a text as it is."""
    if not isinstance(given, str):
        raise LlmcostError(f"{where} is neither a path nor a text", hint='like "$.usage.input"')
    if not given.startswith("$"):
        return _text(given)
    steps = _STEP.findall(given[1:])
    if not steps or "".join(f".{name}" if name else f"[{index}]" for name, index in steps) != given[1:] or steps[0][1]:
        raise LlmcostError(f"{where}: {given} is not a path", hint='like "$.usage.input" or "$.choices[0].text"')
    place: Any = structure
    sql = ""
    for number, (name, index) in enumerate(steps):
        last = number == len(steps) - 1
        empty: Any = kind if last else [] if steps[number + 1][1] else {}
        if name:
            place, step = _into(where, place, name, empty), f'."{name}"' if sql else f'"{name}"'
        else:
            place, step = _into(where, place, 0, empty), f"[{int(index) + 1}]"
        sql += step
    return sql


def _into(where: str, place: Any, key: str | int, empty: Any) -> Any:
    """The value at a key of the structure, put there if there is none."""
    if isinstance(key, int) and isinstance(place, list):
        if not place:
            place.append(empty)
        found = place[0]
    elif isinstance(key, str) and isinstance(place, dict):
        found = place.setdefault(key, empty)
    else:
        found = None
    if type(found) is not type(empty):
        raise LlmcostError(f"{where} goes into what another field reads as one value", hint="map the inner values only")
    return found


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
