"""When features, prompts and texts are attributed: after an ingest, and again when the rules change."""

from llmcost.attribution import features, templates, texts
from llmcost.attribution.texts import Texts
from llmcost.engine.store import Store


def prepare(store: Store, kept: Texts) -> None:
    """What an ingest needs before it reads: rules that hold, and whether texts are kept."""
    texts.prepare(store, kept)
    refresh(store)


def attribute(store: Store, last_row: int, kept: Texts) -> None:
    """Attributes the requests just read, those beyond a row of `requests`, and keeps their texts if asked to."""
    if kept.keep:
        texts.keep(store)
    if templates.mine(store):
        features.apply_again(store)  # a rule may match requests by their prompt
    else:
        features.apply(store, last_row)


def is_stale(store: Store) -> bool:
    """Whether the rules have changed since they were applied. Raises LlmcostError for a rule that cannot be."""
    return features.are_stale(store)


def refresh(store: Store) -> None:
    """Applies the rules to every request if they have changed."""
    if features.are_stale(store):
        with store.transaction():
            features.apply_again(store)
