"""What is wrong or suspicious in the logs: each finding one query, with its dollars and the requests behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.prices import book
from llmcost.reports import assumed, once, spend, unusual
from llmcost.reports.scope import Row, Scope

SEVERITIES = ("info", "warning", "critical")
COLUMNS = ("severity", "finding", "subject", "requests", "cost_usd", "detail", "example_request_ids", "advice")
ROW_COLUMNS = (
    "subject", "request_id", "calls", "ts", "source_format", "model", "feature", "prompt_id", "session_id", "status",
    "stop_reason", "input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    "output_tokens", "cost_usd", "cost_logged_usd",
)  # fmt: skip

MOST_SUBJECTS = 10_000
"""Rows of a finding, the most expensive ones; the others are one row. There may be as many as requests."""
_ALL = 2**31 - 1  # more request ids than any finding names


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, by its subjects: {"subject", "requests", "cost_usd", "detail", "example_request_ids"}.

    The subjects are disjoint, so that their dollars add up. Those of different findings overlap and must not be added.
    """

    query: registry.Query
    subjects: list[Row]
    others: int = 0  # subjects that the last row stands for

    @property
    def severity(self) -> str:
        """One of SEVERITIES."""
        return self.query.field("severity")

    @property
    def subject_count(self) -> int:
        """How many subjects it has."""
        return len(self.subjects) + max(self.others - 1, 0)

    @property
    def requests(self) -> int:
        """How many requests are behind it."""
        return sum(row["requests"] for row in self.subjects)

    @property
    def cost_usd(self) -> float | None:
        """Its dollars, in the meaning of the header's line `dollars`; None where they are unknown."""
        known = [row["cost_usd"] for row in self.subjects if row["cost_usd"] is not None]
        return sum(known) if known else None

    def described(self) -> Row:
        """The finding as a whole, in words and figures, without its subjects."""
        return {
            "finding": self.query.name,
            "severity": self.severity,
            "title": self.query.title,
            "requests": self.requests,
            "cost_usd": self.cost_usd,
            "dollars": self.query.field("dollars"),
            "advice": self.query.field("advice"),
        }


@dataclass(frozen=True)
class Audit:
    """Every finding, most severe and then most expensive first, with all requests and their cost."""

    findings: list[Finding]
    clean: list[registry.Query]  # looked for and not found
    requests: int
    cost_usd: float | None
    assumed: list[Row]  # of them what rests on a model that was assumed
    timezone: str  # of its days

    def fails(self, severity: str) -> bool:
        """Whether anything as grave as this, or graver, was found."""
        grave = SEVERITIES[SEVERITIES.index(severity) :]
        return any(finding.severity in grave for finding in self.findings)


def audit(store: Store, covered: Scope) -> Audit:
    """Looks for everything under queries/audit in the covered requests."""
    with _priced(store, covered):
        return of_priced(store, covered)


def questions() -> list[str]:
    """The SQL of all that is looked for."""
    return [*(query.body for query in registry.load("audit").values()), *unusual.questions()]


def of_priced(store: Store, covered: Scope) -> Audit:
    """The same where tables have these requests: `priced`, with what `questions` name, and their `unusual_days`."""
    counted = store.rows("select sum(calls)::bigint as requests, exact_sum(cost_usd) as cost_usd from priced")[0]
    looked = [_finding(store, query) for query in registry.load("audit").values()]
    found = [finding for finding in looked if finding.subjects]
    found.sort(key=lambda finding: (-SEVERITIES.index(finding.severity), -(finding.cost_usd or 0), finding.query.name))
    clean = [finding.query for finding in looked if not finding.subjects]
    return Audit(
        found, clean, counted["requests"] or 0, counted["cost_usd"], assumed.find(store, covered), store.zone.name
    )


def rows_behind(store: Store, covered: Scope, name: str, top: int | None = None) -> tuple[list[Row], int]:
    """The requests behind one finding, each with its subject, in the finding's order, and how many there are.

    With `top`, at most that many. Raises UsageError for unknown names.
    """
    query = registry.find("audit", name)
    columns = ", ".join(f"priced.{column}" for column in ROW_COLUMNS[1:])
    with _priced(store, covered):
        values = defaults(store, query) | {"examples": top or _ALL}
        store.execute(f"create or replace temp table found as {query.body}", values)
        count = store.value("select coalesce(sum(requests), 0)::bigint from found")
        behind = (
            "select subject, cost_usd as found_usd, unnest(example_request_ids) as request_id,"
            " generate_subscripts(example_request_ids, 1) as place from found"
        )
        rows = store.rows(
            f"select behind.subject, {columns} from ({behind}) as behind"
            " inner join priced on priced.request_id = behind.request_id"
            f" order by behind.found_usd desc nulls last, behind.subject, behind.place limit {top or _ALL}"
        )
        store.execute("drop table found")
    return rows, count


@contextmanager
def _priced(store: Store, covered: Scope) -> Iterator[None]:
    """The covered requests with their costs, and the unusual days among them, worked out once for all findings."""
    with once.laid_down(store, covered, [*questions(), *ROW_COLUMNS]):
        if not store.value("select count(*) from priced"):
            raise LlmcostError("there are no requests to audit", hint="check --since and --until, or ingest some logs")
        with unusual.laid_down(store):
            yield


def _finding(store: Store, query: registry.Query) -> Finding:
    store.keep("found", query.body, defaults(store, query))
    subjects = store.rows(f"from found limit {MOST_SUBJECTS}")
    [rest] = store.rows(
        "select count(*) as others, sum(requests)::bigint as requests, exact_sum(cost_usd) as cost_usd"
        f" from (from found offset {MOST_SUBJECTS})"
    )
    store.forget("found")
    if others := rest.pop("others"):
        subjects.append({"subject": spend.called(others), **rest, "detail": "", "example_request_ids": []})
    return Finding(query, subjects, others)


def defaults(store: Store, query: registry.Query) -> dict[str, registry.Value]:
    """The defaults of its parameters, with `<name>_provider` for each model, whose prices are loaded."""
    values = query.bind({})
    for parameter in query.parameters:
        if parameter.type == "model":
            provider, model = book.resolve(store, str(values[parameter.name]))
            values |= {parameter.name: model, f"{parameter.name}_provider": provider}
    return values
