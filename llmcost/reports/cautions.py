"""What a reader must know to trust a report: missing prices, understated output, requests without a time, outliers."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from llmcost.engine.store import Store
from llmcost.reports import assumed
from llmcost.reports.scope import Row, Scope

NOT_LOGGED = {
    "anthropic": "code execution beyond the free hours, session hours",
    "google": "storage of cached content",
    "openrouter": "the fee on credits, and on your own keys after a million requests",
    "azure": "provisioned throughput",
    "aws": "provisioned throughput",
    "openai": "Scale Tier, storage of files and images made by tools",
    "cohere": "searches",
}
"""What vendors bill outside the logs of requests, by the price table's provider."""


def notes(store: Store, covered: Scope) -> list[str]:
    """In words: requests without a price, spend that the log understates, requests without a time, outliers."""
    rows = store.rows(*covered.spend("cautions"))
    found = [
        *_unpriced(rows),
        *_unpriced_kinds(rows),
        *_fees(store, covered),
        *_partial(store, covered, rows),
        *_timeless(rows),
        *assumed.said(assumed.find(store, covered)),
    ]
    far_out = store.rows(*covered.spend("outliers"))
    return [*found, *(_outlier(row) for row in far_out), *_not_logged(rows)]


def _unpriced(rows: Sequence[Row]) -> list[str]:
    """Models without a price: how many requests, tokens and, where the log says, dollars; the nearest that has one."""
    unpriced = [row for row in rows if row["unpriced_requests"] and not row["is_known"]]
    if not unpriced:
        return []
    by_model: dict[str, list[Row]] = {}
    for row in sorted(unpriced, key=lambda row: -row["unpriced_requests"]):
        by_model.setdefault(str(row["model"]), []).append(row)
    count = sum(row["unpriced_requests"] for row in unpriced)
    logged = sum(row["unpriced_cost_logged_usd"] or 0 for row in unpriced)
    said = f"; their logged cost is ${logged:,.2f}" if logged else ""
    have = "request has no price and is" if count == 1 else "requests have no price and are"
    named = "; ".join(_unknown_model(model, own) for model, own in list(by_model.items())[:5])
    more = f"; and {len(by_model) - 5} more models" if len(by_model) > 5 else ""
    return [f"{count:,} {have} excluded from totals ({named}{more}){said}"]


def _unknown_model(model: str, rows: Sequence[Row]) -> str:
    from llmcost.prices.names import nearest

    tokens = [sum(row[f"unpriced_{kind}_tokens"] for row in rows) for kind in ("input", "output")]
    near = nearest(model, 1)
    relative = f", nearest with a price: {near[0]}" if near else ""
    return f"{model}: {tokens[0]:,} tokens in, {tokens[1]:,} out{relative}"


def _unpriced_kinds(rows: Sequence[Row]) -> list[str]:
    """Known models at a tier or in a region that has no known price; the provider where a model has several."""
    found = []
    sellers = Counter(model for model, _ in {(row["model"], row["provider"]) for row in rows})
    for row in rows:
        if row["unpriced_requests"] and row["is_known"]:
            tier = "" if row["service_tier"] == "standard" else f" at service tier {row['service_tier']}"
            region = f" in region {row['region']}" if row["region"] else ""
            have = "request" if row["unpriced_requests"] == 1 else "requests"
            seller = f" from {row['provider']}" if row["provider"] and sellers[row["model"]] > 1 else ""
            found.append(
                f"{row['unpriced_requests']:,} {have} of {row['model']}{seller}{tier}{region}: no price is known,"
                " excluded from totals; [[prices]] in llmcost.toml can give one"
            )
    return found


def _fees(store: Store, covered: Scope) -> list[str]:
    """Tools without a known price, and what a free quota may take off."""
    rows = store.rows(*covered.spend("fees"))
    unknown = [f"{row['name']} ({row['uses']:,})" for row in rows if row["kind"] == "unpriced"]
    found = [f"tools without a known price, not in the cost: {', '.join(unknown)}"] if unknown else []
    found += [
        f"Google's free quota of grounded prompts may cover up to ${row['fees_usd']:,.2f} of the fees; it belongs to"
        " the whole account, so it is not deducted"
        for row in rows
        if row["kind"] == "free quota"
    ]
    return found


def _not_logged(rows: Sequence[Row]) -> list[str]:
    """What the providers of these requests bill that no such log shows."""
    providers = {row["provider"] for row in rows if row["cost_usd"]}
    billed = [f"{provider}: {what}" for provider, what in NOT_LOGGED.items() if provider in providers]
    return [f"billed outside request logs, if used: {'; '.join(billed)}"] if billed else []


def _partial(store: Store, covered: Scope, rows: Sequence[Row]) -> list[str]:
    """Answers of which the log has only a part, and what about is missing in dollars."""
    count = sum(row["partial_output_requests"] for row in rows)
    if not count:
        return []
    share = count / sum(row["requests"] for row in rows)
    part = f"{share:.0%}" if share >= 0.005 else "less than 1%"
    of = "request" if count == 1 else "requests"
    [missing] = store.rows(*covered.spend("output-missing"))
    spent = sum(row["cost_usd"] or 0.0 for row in rows)
    about = ""
    if missing["cost_usd"] is not None and spent:
        usd, of_all = missing["cost_usd"], missing["cost_usd"] / spent
        about = f": about {_usd(usd)} missing, {f'{of_all:.0%}' if of_all >= 0.005 else 'less than 1%'} of the total"
    return [f"spend is understated: final output count not logged for {count:,} {of} ({part}){about}"]


def _usd(value: float) -> str:
    return f"${value:,.2f}" if value >= 1 else f"${value:.4f}"


def _timeless(rows: Sequence[Row]) -> list[str]:
    count = sum(row["requests_without_time"] for row in rows)
    if not count:
        return []
    have = "request has no time: it is" if count == 1 else "requests have no time: they are"
    return [f"{count:,} {have} priced at the newest price and excluded from days"]


def _when(moment: datetime | None) -> str:
    return "no time" if moment is None else f"{moment} UTC"


def _outlier(row: Row) -> str:
    computed = "no price" if row["cost_usd"] is None else f"${row['cost_usd']:,.4f} by its tokens"
    logged = "" if row["cost_logged_usd"] is None else f", ${row['cost_logged_usd']:,.2f} by the log"
    return (
        f"outlier: {row['request_id']} ({row['model']}, {_when(row['ts'])}, {row['prompt_tokens']:,} tokens in,"
        f" {row['output_tokens']:,} out) costs {computed}{logged}: {row['why']}"
    )
