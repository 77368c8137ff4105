"""The user's own logs: a mapping in `llmcost.toml` becomes a format as if it were a file under `queries/formats`.

    [formats.gateway]
    ts = "$.time"
    model = { path = "$.llm.name", strip = "bedrock/", default = "gpt-4o" }
    input_tokens = "$.llm.usage.in"
    output_tokens = "$.llm.usage.out"
    cache_read_tokens = "$.llm.usage.cached"
    cached_inside_input = true       # the input count holds the cached tokens
    latency_s = "$.took"             # seconds; latency_ms, latency_us and latency_ns are others
    status_http = "$.code"           # an HTTP code: 400 and above is an error
    provider = "openai"              # a text that is not a path is the value itself
    tags = { team = "$.owner.team" }

`model`, `input_tokens` and `output_tokens` must be given; a line that has both the model and the output count is a call
of this format. What a mapping reads is text until the checks that hold for every format have seen it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from llmcost import config
from llmcost.engine.registry import Query
from llmcost.errors import LlmcostError, did_you_mean
from llmcost.ingest import paths

REQUIRED = ("model", "input_tokens", "output_tokens")
_PLAIN = (
    *REQUIRED, "request_id", "ts", "provider", "feature", "task_type", "prompt_id", "user_id", "session_id", "project",
    "cache_read_tokens", "cache_write_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "reasoning_tokens",
    "total_tokens", "web_searches", "max_output_tokens", "stop_reason", "service_tier", "region", "status",
    "prompt_hash", "output_hash", "output_text", "prompt_text",
)  # fmt: skip
_MEASURES = {
    "latency_ms": ("latency_ms", "{}"),
    "latency_s": ("latency_ms", "{} * 1e3"),
    "latency_us": ("latency_ms", "{} / 1e3"),
    "latency_ns": ("latency_ms", "{} / 1e6"),
    "ttft_ms": ("ttft_ms", "{}"),
    "ttft_s": ("ttft_ms", "{} * 1e3"),
    "ttft_us": ("ttft_ms", "{} / 1e3"),
    "ttft_ns": ("ttft_ms", "{} / 1e6"),
    "cost_logged_usd": ("cost_logged_usd", "{}"),
    "cost_logged_cents": ("cost_logged_usd", "{} / 100"),
}
"""Fields of a number with a unit: the column, and what makes the column's unit of it."""
_HTTP_CODE = (
    "try_cast(regexp_extract({}, '^\\s*(?:HTTP/[0-9.]+\\s+)?([1-5][0-9][0-9])(?:\\.0*)?(?:\\s|$)', 1) as integer)"
)
_STATUSES = {
    "status_http": f"case when {_HTTP_CODE} < 400 then 'ok' when {{}} is not null then 'error' end",
    "status_ok": "case when lower({}) in ('true', '1', 'yes', 'ok', 'success') then 'ok'"
    " when {} is not null then 'error' end",
    "status_error": "case when lower({}) in ('false', '0', 'no', 'none', 'null', '{{}}', '[]') or {} is null then 'ok'"
    " else 'error' end",
}
"""Fields that say in their own way whether a request succeeded."""
FIELDS = (*_PLAIN, *_MEASURES, *_STATUSES)
_OPTIONS = ("tags", "cached_inside_input", "reasoning_outside_output")
_FORM = ("path", "strip", "default")
_COUNTS = re.compile(r"_tokens$|^web_searches$")
REFUSALS = {
    "status": "an HTTP code mapped as status: name it status_http",
    "status_http": "a status_http that is not an HTTP code",
    "model": "a text that is too long for the name of a model",
}
"""What is wrong in a line, by the field."""
_LONGEST_MODEL = 200
"""Longer names of models are texts of another kind, which a report must not print."""
MOST_FIELDS = 62
"""Each field is a bit of a whole number in which lines say what they had."""


@dataclass(frozen=True)
class _Value:
    """What a field is: a path, with what to strip and a default, or a constant text."""

    where: str  # for errors
    path: str | None
    strip: tuple[str, ...] = ()
    default: str | None = None


@dataclass
class _Mapping:
    """A mapping as it is being read."""

    where: str
    structure: dict[str, Any] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)  # SQL for the value at each field's path, by field

    def sql(self, name: str, value: _Value) -> str:
        """SQL for a value, whose place is noted in the structure."""
        if value.path is None:
            return _text(value.default or "")
        place = f"nullif(trim({paths.sql(value.where, self.structure, value.path)}), '')"
        if value.strip:
            cases = (
                f"when starts_with({place}, {_text(it)}) then substr({place}, {len(it) + 1})" for it in value.strip
            )
            place = f"case {' '.join(cases)} else {place} end"
        self.paths[name] = place
        return place if value.default is None else f"coalesce({place}, {_text(value.default)})"


def mapped(name: str, fields: Any) -> Query:
    """The format that a mapping describes. Raises LlmcostError naming the field that is wrong, and why."""
    where = f"{config.path() or config.NAME}: formats.{name}"
    _check(where, name, fields)
    mapping = _Mapping(where)
    values = {it: _value(f"{where}.{it}", fields[it]) for it in fields if it not in _OPTIONS}
    _check_values(where, values)
    columns: dict[str, str] = {}
    for it, value in values.items():
        column, sql = _column(it, mapping.sql(it, value))
        if column in columns:
            raise LlmcostError(f"{where}.{it} says {column} a second time", hint="keep one of them")
        columns[column] = sql
    tags = {
        tag: mapping.sql(f"tags.{tag}", _value(f"{where}.tags.{tag}", given))
        for tag, given in fields.get("tags", {}).items()
    }
    if tags:
        entries = ", ".join(f"{{'key': {_text(tag)}, 'value': {sql}}}" for tag, sql in tags.items())
        columns["tags"] = f"map_from_entries(list_filter([{entries}], lambda entry: entry.value is not null))"
    if fields.get("cached_inside_input"):
        columns["input_holds"] = "'caches'"
    if fields.get("reasoning_outside_output"):
        columns["output_excludes_reasoning"] = "true"
    columns["refusal"] = _refusal(mapping.paths)
    bits = (f"case when {sql} is null then 0 else {1 << bit} end" for bit, sql in enumerate(mapping.paths.values()))
    columns["mapped_fields"] = f"cast({' | '.join(bits)} as bigint)"
    is_call = _is_call(where, values, mapping)
    usage = _usage(values)
    leaves = "[" + ", ".join(map(_text, sorted(set(_names(mapping.structure))))) + "]"
    is_missed = " and ".join(
        [
            *([f"{mapping.paths['model']} is not null"] if _is_told(values["model"]) else []),
            f"len(unknown_counts({_joined(usage, 'raw')}, cast({leaves} as varchar[]))) > 0",
        ]
    )
    columns["unread_usage"] = f"case when not coalesce({is_call}, false) then {_joined(usage, 'line.raw')} end"
    header = {
        "source": ("your own log",),
        "columns": (json.dumps(mapping.structure),),
        "claims": (f"{is_call} or {is_missed}" if usage else is_call,),
        "mapped": tuple(mapping.paths),
    }
    selected = "".join(f",\n    {sql} as {column}" for column, sql in columns.items())
    body = f"select\n    line,\n    {is_call} as carries_call{selected}\nfrom lines"
    return Query(name, "formats", "a log of your own, mapped in llmcost.toml", body, header, ())


def _check(where: str, name: str, fields: Any) -> None:
    """Raises LlmcostError for a mapping that is not one."""
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise LlmcostError(f"{where}: a format's name is small letters, digits, - and _", hint="rename it")
    if not isinstance(fields, dict):
        raise LlmcostError(f"{where} is not a table of fields", hint=f"begin it with [formats.{name}]")
    for it in fields:
        if it not in (*FIELDS, *_OPTIONS):
            raise LlmcostError(f"{where} has no field {it}", hint=did_you_mean(it, [*FIELDS, *_OPTIONS]))
    missing = [it for it in REQUIRED if it not in fields]
    if missing:
        raise LlmcostError(f"{where} does not map {', '.join(missing)}", hint='like output_tokens = "$.usage.out"')
    for option in ("cached_inside_input", "reasoning_outside_output"):
        if not isinstance(fields.get(option, False), bool):
            raise LlmcostError(f"{where}.{option} is neither true nor false", hint="write it without quotation marks")
    if not isinstance(fields.get("tags", {}), dict):
        raise LlmcostError(f"{where}.tags is not a table", hint='like tags = { team = "$.owner.team" }')
    if len(fields) + len(fields.get("tags", {})) > MOST_FIELDS:
        raise LlmcostError(f"{where} has more than {MOST_FIELDS} fields and tags", hint="leave out some tags")


def _check_values(where: str, values: dict[str, _Value]) -> None:
    """Raises LlmcostError for values that cannot be right together, whatever the log holds."""
    read: dict[str, str] = {}
    for it, value in values.items():
        is_count, given = _COUNTS.search(it), value.default
        if given is not None and (is_count or it in _MEASURES) and not _is_number(given, whole=bool(is_count)):
            kind = "whole number" if is_count else "number"
            raise LlmcostError(f"{where}.{it}: {given!r} is neither a path nor a {kind}", hint='like "$.usage.input"')
        if it == "status" and given is not None and given.isdigit():
            raise LlmcostError(f"{where}.status: {given} is an HTTP code", hint="a status is ok or error")
        if it in _STATUSES and value.path is None:
            raise LlmcostError(f"{where}.{it} is not a path", hint=f'like {it} = "$.{it.removeprefix("status_")}"')
        if is_count and value.path is not None:
            if value.path in read:
                raise LlmcostError(
                    f"{where}.{it} reads {value.path}, which is {read[value.path]} already",
                    hint="one value cannot be two counts; leave out the count that the log does not have",
                )
            read[value.path] = it


def _is_call(where: str, values: dict[str, _Value], mapping: _Mapping) -> str:
    """The condition by which a line is a call: it has the model and the output count where neither has a default.

    An input count and a total say as much as an output count. Raises LlmcostError where every line would be one.
    """
    told = [it for it in ("model", "output_tokens") if _is_told(values[it])]
    if not told:
        raise LlmcostError(
            f"{where} treats every line as a call: neither model nor output_tokens is a path without a default",
            hint="leave out the default of one of them: a line that has it is a call",
        )
    has = {it: f"{mapping.paths[it]} is not null" for it in mapping.paths}
    if "output_tokens" in told and {"input_tokens", "total_tokens"} <= mapping.paths.keys():
        has["output_tokens"] += f" or ({has['input_tokens']} and {has['total_tokens']})"
    return " and ".join(f"({has[it]})" for it in told)


def _is_told(value: _Value) -> bool:
    """Whether a line may have the value or not."""
    return value.path is not None and value.default is None


def _usage(values: dict[str, _Value]) -> list[str]:
    """The JSON paths of the objects in which a log keeps its counts, where these are separate objects."""
    objects: dict[str, None] = {}
    for it, value in values.items():
        if value.path is not None and it.endswith("_tokens") and it != "max_output_tokens":
            outer = paths.steps(value.path)[:-1]
            if outer and not any(isinstance(step, str) and '"' in step for step in outer):
                objects["$" + "".join(f"[{it}]" if isinstance(it, int) else f'."{it}"' for it in outer)] = None
    return list(objects)


def _joined(objects: list[str], raw: str) -> str:
    """SQL: the text of these objects of a line; null where it has none."""
    if not objects:
        return "cast(null as varchar)"
    return f"nullif(concat_ws(' ', {', '.join(f'at_path({raw}, {_text(path)})' for path in objects)}), '')"


def _names(structure: Any) -> Iterator[str]:
    """The names under which a mapping reads values."""
    if isinstance(structure, list):
        yield from _names(structure[0])
    elif isinstance(structure, dict):
        for name, inner in structure.items():
            yield from _names(inner) if isinstance(inner, dict | list) else (name,)


def _column(name: str, sql: str) -> tuple[str, str]:
    """The column that a field fills, and the SQL for it."""
    if name in _MEASURES:
        column, unit = _MEASURES[name]
        return column, unit.format(f"try_cast({sql} as double)")
    if name in _STATUSES:
        return "status", _STATUSES[name].format(sql, sql)
    return name, sql


def _refusal(paths: dict[str, str]) -> str:
    """SQL: what is wrong in a line's values; null where nothing is."""
    conditions = {
        "status": f"{_HTTP_CODE} is not null",
        "status_http": f"{{}} not in ('0', '-1') and {_HTTP_CODE} is null",
        "model": f"length({{}}) > {_LONGEST_MODEL}",
    }
    cases = [
        f"when {condition.format(paths[it], paths[it])} then {_text(REFUSALS[it])}"
        for it, condition in conditions.items()
        if it in paths
    ]
    return f"case {' '.join(cases)} end" if cases else "cast(null as varchar)"


def _value(where: str, given: Any) -> _Value:
    """What a mapping gives for a field: a path, a text, or a table of a path, what to strip and a default."""
    if isinstance(given, str):
        return _Value(where, given) if given.startswith("$") else _Value(where, None, default=given)
    if not isinstance(given, dict):
        raise LlmcostError(f"{where} is neither a path nor a text", hint='like "$.usage.input"')
    for word in given:
        if word not in _FORM:
            raise LlmcostError(f"{where} has no {word}", hint=did_you_mean(word, list(_FORM)))
    path = given.get("path")
    if not isinstance(path, str) or not path.startswith("$"):
        raise LlmcostError(f"{where} has no path", hint='like { path = "$.model", strip = "bedrock/" }')
    strip = given.get("strip", [])
    prefixes = [strip] if isinstance(strip, str) else strip
    if not isinstance(prefixes, list) or not all(isinstance(it, str) and it for it in prefixes):
        raise LlmcostError(f"{where}.strip is not a text or a list of texts", hint='like strip = "bedrock/"')
    default = given.get("default")
    if isinstance(default, bool) or not isinstance(default, str | int | float | None):
        raise LlmcostError(f"{where}.default is neither a text nor a number", hint='like default = "unknown"')
    return _Value(where, path, tuple(prefixes), None if default is None else str(default))


def _is_number(text: str, *, whole: bool) -> bool:
    return re.fullmatch(r"\d+" if whole else r"\d+(\.\d+)?([eE][+-]?\d+)?", text) is not None


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
