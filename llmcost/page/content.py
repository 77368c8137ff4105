"""The tables behind the page: traffic added up until it is small enough to be drawn, and filtered, in a browser."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.store import Store
from llmcost.page import keys
from llmcost.page.sizes import coarse, fitting
from llmcost.reports import audit, unusual
from llmcost.reports.scope import Row, Scope

MOST_ROWS = {"cube": 10_000, "whole": 5_000, "hours": 6_000, "lengths": 6_000}
"""Rows of each table that a page holds: with the charts' script, it stays below 6 MB."""

_NAMES = (200, 80, 30, 12, 5, 1)
"""How many features, models and prompts the cube keeps separate, from most to least, until it is small enough."""

_MOST_AUDITED = 2_000_000
"""Requests among which a page looks for findings: in more of them it takes minutes, and is left to `llmcost audit`."""

_DETAILED = "select by_prompt as detail, * from priced"
_SUBJECTS = 5
"""Subjects of a finding that the page names."""

_PROMPTS = """select prompt_id as prompt, label, stable_share
from prompts
where prompt_id in (select unnest($named::varchar[]))
order by prompt_id"""


def is_audited(store: Store, covered: Scope) -> bool:
    """Whether the requests are few enough to look for findings while the page is made."""
    return bool(store.value(compose(covered.steps(), _FEW), covered.parameters() | {"most": _MOST_AUDITED}))


_FEW = "select count(*) <= $most from requests"


def questions(*, audited: bool) -> list[str]:
    """The SQL of all that a page asks."""
    own = [*(query.body for query in registry.load("page").values()), _DETAILED]
    return [*own, *(audit if audited else unusual).questions()]


def tables(store: Store, covered: Scope, columns: Mapping[str, str], *, audited: bool) -> dict[str, list[Row]]:
    """Every table of a report's page, by name. Totals are exact however much detail is left out.

    `priced` is a table of the covered requests, with what `questions` name, and the keys of the page in these columns.
    """
    store.keep("fine", compose([("priced", _DETAILED)], _body("fine")))
    found = {
        "cube": _fitting(store, "cube", [{"names": names} for names in _NAMES], MOST_ROWS["cube"]),
        "whole": _fitting(store, "cube", [{"names": names, "daily": False} for names in _NAMES], MOST_ROWS["whole"]),
        "hours": _coarse(store, "hours", (2, 1, 0)),
        "lengths": _coarse(store, "lengths", (3, 2, 1, 0)),
        "caps": _rows(store, "caps"),
        "latencies": _rows(store, "latencies"),
    } | keys.tables(store, columns)
    named = sorted({row["prompt"] for name in ("cube", "whole") for row in found[name] if row["prompt"] is not None})
    with unusual.laid_down(store):
        unusual_days = [{"day": row["first_day"], "explained": unusual.explained(row)} for row in unusual.listed(store)]
        findings = list(_findings(store, covered)) if found["cube"] and audited else []
    return found | {
        "prompts": store.rows(_PROMPTS, {"named": named}),
        "unusual": unusual_days,
        "findings": findings,
        "account": store.rows(registry.find("ledger", "account").body),
    }


def assumptions(names: Sequence[str] = ("priced", "unusual-days", "cube", "lengths")) -> list[str]:
    """What the numbers of a report's page take for granted."""
    kinds = {"priced": "pricing", "unusual-days": "spend"}
    queries = [registry.find(kinds.get(name, "page"), name) for name in names]  # type: ignore[arg-type]
    return [line for query in queries for line in query.fields.get("assumes", ())]


def _coarse(store: Store, name: str, details: Sequence[int]) -> list[Row]:
    return coarse(_fitting(store, name, [{"detail": detail} for detail in details], MOST_ROWS[name]))


def _fitting(store: Store, name: str, tries: Sequence[Mapping[str, Any]], most: int) -> list[Row]:
    defaults = registry.find("page", name).bind({})
    return fitting(store, _body(name), [{**defaults, **values} for values in tries], most)


def _rows(store: Store, name: str) -> list[Row]:
    return store.rows(_body(name), registry.find("page", name).bind({}))


def _body(name: str) -> str:
    return registry.find("page", name).body


def _findings(store: Store, covered: Scope) -> Iterator[Row]:
    for finding in audit.of_priced(store, covered).findings:
        first = finding.subjects[:_SUBJECTS]
        yield {
            **finding.described(),
            "subjects": "; ".join(f"{row['subject']}: {row['detail']}" for row in first),
        }
