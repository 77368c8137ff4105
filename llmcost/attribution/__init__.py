"""What the log leaves open of who spent what: a feature by rule, a prompt by its text; and the texts themselves.

A request's feature is what its log says, else what the first fitting rule of `llmcost.toml` says. Its prompt is what
the log says, else its system prompt (which `queries/ingest/normalise.sql` tells by its hash), else the template that
it shares with other requests. Everything here can be undone: the store knows which features and prompts were added.
"""

from llmcost.attribution import features, templates, texts
from llmcost.attribution.texts import NO_TEXTS, Texts
from llmcost.engine.store import Store

__all__ = ["NO_TEXTS", "Texts", "attribute", "is_stale", "prepare", "refresh"]


def prepare(store: Store, kept: Texts) -> None:
    """What an ingest needs before it reads: rules that hold, and whether texts are kept."""
    texts.prepare(store, kept)
    refresh(store)


def attribute(store: Store, last_row: int, kept: Texts) -> None:
    """Attributes the requests just read, those beyond a row of `requests`, and keeps their texts if asked to."""
    if kept.keep:
        texts.keep(store)
    if templates.mine(store):
        features.apply_anew(store)  # a rule may tell requests by their prompt
    else:
        features.apply(store, last_row)


def is_stale(store: Store) -> bool:
    """Whether the rules have changed since they were applied. Raises LlmcostError for a rule that cannot be."""
    return features.are_stale(store)


def refresh(store: Store) -> None:
    """Applies the rules to every request if they have changed."""
    if features.are_stale(store):
        with store.transaction():
            features.apply_anew(store)
