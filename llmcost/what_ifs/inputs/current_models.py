"""The prices of the models that vendors offer now, from every provider in the log: what requests may be swapped for."""

from llmcost.engine import facts, registry
from llmcost.engine.store import Store
from llmcost.prices import book


def learn(store: Store) -> None:
    """Makes them known to this connection. A provider that does not sell a model adds none."""
    rows = facts.expanded(facts.document(registry.queries_dir() / "facts" / "current_models.toml"))
    names = [row["model"] for row in rows]
    providers = [row["provider"] for row in store.rows("select distinct provider from models order by provider")]
    book.offer(store, [(provider, name) for provider in providers for name in names])
