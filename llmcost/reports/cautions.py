"""What a reader must know to trust a report: missing prices, understated output, requests without a time, outliers."""

from collections.abc import Sequence

from llmcost.engine import registry
from llmcost.engine.compose import compose, priced
from llmcost.engine.store import Store
from llmcost.reports.scope import Row, Scope


def notes(store: Store, covered: Scope) -> list[str]:
    """In words: requests without a price, spend that the log understates, requests without a time, outliers."""
    rows = store.rows(compose(priced(*covered.steps()), _query("cautions").body), covered.parameters())
    found = [*_unpriced(rows), *_partial(rows), *_timeless(rows)]
    outliers = _query("outliers")
    parameters = covered.parameters() | outliers.bind({})
    far_out = store.rows(compose(priced(*covered.steps()), outliers.body), parameters)
    return [*found, *(_outlier(row) for row in far_out)]


def _unpriced(rows: Sequence[Row]) -> list[str]:
    unpriced = [row for row in rows if row["unpriced_requests"]]
    if not unpriced:
        return []
    count = sum(row["unpriced_requests"] for row in unpriced)
    logged = sum(row["unpriced_cost_logged_usd"] or 0 for row in unpriced)
    names = ", ".join(str(row["model"]) for row in sorted(unpriced, key=lambda row: -row["unpriced_requests"])[:5])
    more = f" and {len(unpriced) - 5} more" if len(unpriced) > 5 else ""
    said = f"; their logged cost is ${logged:,.2f}" if logged else ""
    have = "request has no price and is" if count == 1 else "requests have no price and are"
    return [f"{count:,} {have} excluded from totals ({names}{more}){said}"]


def _partial(rows: Sequence[Row]) -> list[str]:
    count = sum(row["partial_output_requests"] for row in rows)
    if not count:
        return []
    share = count / sum(row["requests"] for row in rows)
    part = f"{share:.0%}" if share >= 0.005 else "less than 1%"
    return [
        f"spend is understated: final output count not logged for {count:,} {'request' if count == 1 else 'requests'}"
        f" ({part})"
    ]


def _timeless(rows: Sequence[Row]) -> list[str]:
    count = sum(row["requests_without_time"] for row in rows)
    if not count:
        return []
    have = "request has no time: it is" if count == 1 else "requests have no time: they are"
    return [f"{count:,} {have} priced at the newest price and excluded from days"]


def _outlier(row: Row) -> str:
    computed = "no price" if row["cost_usd"] is None else f"${row['cost_usd']:,.4f} by its tokens"
    logged = "" if row["cost_logged_usd"] is None else f", ${row['cost_logged_usd']:,.2f} by the log"
    return (
        f"outlier: {row['request_id']} ({row['model']}, {row['ts']}, {row['prompt_tokens']:,} tokens in,"
        f" {row['output_tokens']:,} out) costs {computed}{logged}: {row['why']}"
    )


def _query(name: str) -> registry.Query:
    return registry.find("reports", name)
