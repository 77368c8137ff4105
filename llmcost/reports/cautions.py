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
    said = f"; the log itself puts them at ${logged:,.2f}" if logged else ""
    have = "request has" if count == 1 else "requests have"
    return [f"{count:,} {have} no price and stand in no sum ({names}{more}){said}"]


def _partial(rows: Sequence[Row]) -> list[str]:
    count = sum(row["partial_output_requests"] for row in rows)
    if not count:
        return []
    share = count / sum(row["requests"] for row in rows)
    return [
        f"spend is understated: for {count:,} requests ({share:.0%}) the log never held the final output token count"
    ]


def _timeless(rows: Sequence[Row]) -> list[str]:
    count = sum(row["requests_without_time"] for row in rows)
    return [f"{count:,} requests have no time: priced at the newest price, in no day"] if count else []


def _outlier(row: Row) -> str:
    computed = "no price" if row["cost_usd"] is None else f"${row['cost_usd']:,.4f} by its tokens"
    logged = "" if row["cost_logged_usd"] is None else f", ${row['cost_logged_usd']:,.2f} by the log"
    return (
        f"outlier: {row['request_id']} ({row['model']}, {row['ts']}, {row['prompt_tokens']:,} tokens in,"
        f" {row['output_tokens']:,} out) costs {computed}{logged}: {row['why']}"
    )


def _query(name: str) -> registry.Query:
    return registry.find("reports", name)
