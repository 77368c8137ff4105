"""Features by rule, for requests whose log names none.

    [[features]]
    feature = "search"
    tag = { team = "discovery" }     # all of a rule's conditions must hold

    [[features]]
    feature = "code review"
    path = "~/code/review"           # the project is this folder or is inside it
    model = "claude-*"               # * matches anything, ? one character

    [[features]]
    feature = "support"
    matches = "(?i)^support|ticket"  # a regular expression, somewhere in the prompt's id or its label

The first rule that fits decides. `model`, `provider`, `project`, `prompt`, `task_type`, `user` and `session` are
compared as a whole; `model` with the name as billed and as logged.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmcost import config
from llmcost.engine import patterns
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, did_you_mean

_COLUMNS = {
    "model": ("model", "model_logged"), "provider": ("provider",), "project": ("project",), "prompt": ("prompt_id",),
    "task_type": ("task_type",), "user": ("user_id",), "session": ("session_id",),
}  # fmt: skip
_CONDITIONS = [*_COLUMNS, "path", "tag", "matches"]


@dataclass(frozen=True)
class Rule:
    """One entry of `[[features]]`: its feature, and its conditions as SQL over `requests` with their parameters."""

    feature: str
    condition: str
    parameters: dict[str, str]
    reads_labels: bool


def rules() -> list[Rule]:
    """The rules in `llmcost.toml`, in order. Raises LlmcostError naming the entry that cannot be, and why."""
    return [_rule(number, given) for number, given in enumerate(config.entries("features"), start=1)]


def are_stale(store: Store) -> bool:
    """Whether the rules are others than those last applied to the whole store."""
    return bool((store.value("select value from llmcost_meta where key = 'features'") or "") != _fingerprint(rules()))


def apply_again(store: Store) -> None:
    """Takes back what rules have said and lets the rules of now speak of every request."""
    store.execute("update requests set feature = null where request_id in (select request_id from ruled)")
    store.execute("delete from ruled")
    _apply(store, rules(), -1)
    store.execute("delete from llmcost_meta where key = 'features'")
    store.execute("insert into llmcost_meta values ('features', $now)", {"now": _fingerprint(rules())})


def apply(store: Store, last_row: int) -> None:
    """Lets the rules speak of the requests just read, those beyond a row of `requests`."""
    given = rules()
    if any(rule.reads_labels for rule in given):  # labels change with every request that has the prompt
        apply_again(store)
        return
    store.execute("delete from ruled where request_id in (select request_id from contested)")
    _apply(store, given, last_row)


def _apply(store: Store, given: list[Rule], last_row: int) -> None:
    if not given:
        return
    cases = " ".join(f"when {rule.condition} then $feature_{number}" for number, rule in enumerate(given, start=1))
    parameters: dict[str, Any] = {"last_row": last_row}
    for number, rule in enumerate(given, start=1):
        parameters |= rule.parameters | {f"feature_{number}": rule.feature}
    labels = " left join prompts using (prompt_id)" if any(rule.reads_labels for rule in given) else ""
    store.execute(
        f"create or replace temp table ruled_now as select request_id, case {cases} end as feature"
        f" from (select rowid as row_number, * from requests){labels} where feature is null and row_number > $last_row",
        parameters,
    )
    store.execute("delete from ruled_now where feature is null")
    store.execute(
        "update requests set feature = ruled_now.feature from ruled_now"
        " where requests.request_id = ruled_now.request_id"
    )
    store.execute("insert into ruled select request_id from ruled_now")
    store.execute("drop table ruled_now")


def _rule(number: int, given: Any) -> Rule:
    where = f"{config.path()}, features entry {number}"

    def fail(what: str, hint: str | None = None) -> LlmcostError:
        return LlmcostError(f"{where}: {what}", hint=hint)

    if not isinstance(given, dict):
        raise fail("is not a table", "begin each entry with [[features]]")
    for word in given:
        if word not in ("feature", *_CONDITIONS):
            raise fail(f"there is no {word}", did_you_mean(word, ["feature", *_CONDITIONS]))
    if "feature" not in given:
        raise fail("names no feature", 'like feature = "search"')
    if len(given) == 1:
        raise fail("has no condition", f"one or more of {', '.join(_CONDITIONS)}")
    for word, value in given.items():
        if word == "tag":
            if not isinstance(value, dict) or not value or not all(isinstance(text, str) for text in value.values()):
                raise fail("tag is not a table of names and texts", 'like tag = { team = "search" }')
        elif not isinstance(value, str) or not value.strip():
            raise fail(f"{word} is not text: {value!r}", "write it in quotation marks")
    if "matches" in given:
        wrong = patterns.fault(given["matches"])
        if wrong:
            raise fail(f"matches is not a valid regular expression: {wrong}", patterns.HINT)
    parts = list(_parts(number, given))
    parameters = {name: value for _, values in parts for name, value in values.items()}
    return Rule(given["feature"], " and ".join(sql for sql, _ in parts), parameters, "matches" in given)


def _parts(number: int, given: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each condition as SQL, with the parameters that carry its words."""
    for word, columns in _COLUMNS.items():
        if word in given:
            name = f"{word}_{number}"
            either = " or ".join(f"coalesce({column} glob ${name}, false)" for column in columns)
            yield f"({either})", {name: given[word]}
    if "path" in given:
        folder = str(Path(given["path"]).expanduser()).rstrip("/")
        name = f"path_{number}"
        yield f"(project = ${name} or starts_with(project, ${name} || '/'))", {name: folder}
    for place, (tag, text) in enumerate(given.get("tag", {}).items()):
        name, value = f"tag_{number}_{place}", f"text_{number}_{place}"
        yield f"coalesce(tags[${name}] glob ${value}, false)", {name: tag, value: text}
    if "matches" in given:
        name = f"matches_{number}"
        yield f"regexp_matches(concat_ws(chr(10), prompt_id, label), ${name})", {name: given["matches"]}


def _fingerprint(given: list[Rule]) -> str:
    """A hash of what the rules say; empty without rules."""
    if not given:
        return ""
    return hashlib.md5(repr(given).encode(), usedforsecurity=False).hexdigest()
