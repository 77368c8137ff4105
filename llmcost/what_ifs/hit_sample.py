"""A sample of the hits of a semantic cache, for a person or a model to judge."""

from collections.abc import Sequence
from dataclasses import replace

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError
from llmcost.reports.scope import Row, Scope
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import WhatIf, settled

WHAT_IF = "semantic-caching"

COLUMNS = ("prompt_1", "prompt_2", "label", "cosine", "hits", "request_1", "request_2")
"""Of the file: the prompt that was asked, the one whose answer it gets, an empty label, their similarity, how many hits
are on them, and a request of each."""


def sample(store: Store, stack: Sequence[WhatIf], covered: Scope, count: int) -> list[Row]:
    """So many pairs of prompts of the stack's semantic cache, or all, the most telling first.

    Hits that the log shows to get another answer are among them. Raises UsageError where no step is such a cache, and
    LlmcostError where it has no hits on similar prompts.
    """
    if not stack or stack[-1].query.name != WHAT_IF:
        raise UsageError(f"--sample-hits needs {WHAT_IF} as the last what-if", hint=f"add --what-if {WHAT_IF}")
    traffic = Traffic.of(store, covered, ())
    chain = Chain(traffic, "")
    for step in [*stack[:-1], replace(stack[-1], values=stack[-1].values | {"differing": "served", "labels": None})]:
        if failure := chain.add(settled(store, step)).failure:
            raise failure
    ends = [("before", chain.before(len(stack))), ("after", chain.after(len(stack)))]
    relations = [(name, f"select * from {relation}") for name, relation in ends]
    found = store.rows(compose(relations, registry.find("changes", "hit-sample").body), {"count": count})
    if not found:
        raise LlmcostError(
            "there are no hits on similar prompts to sample",
            hint="keep texts with llmcost ingest --keep-text, or lower the threshold",
        )
    return found
