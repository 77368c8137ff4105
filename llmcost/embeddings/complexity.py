"""How complex a prompt is by its meaning: nearer to complex tasks than to simple ones, without a network.

The article's rule counts six words that speak of complex work and five of simple work; here each side is a handful of
prompts written out, and a prompt lies between them. It is a heuristic: no outcomes were used to make it.
"""

# ruff: noqa: TID253 - imported by the what-if that needs it

import numpy as np
import pyarrow as pa

from llmcost.embeddings.encoders import wordllama
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError

SIMPLE = (
    "Summarize this article in one sentence.",
    "Classify the sentiment of this review as positive or negative.",
    "Extract the names and dates from this text.",
    "List the items in the order.",
    "Format this data as JSON.",
    "Translate this sentence into French.",
)
COMPLEX = (
    "Analyze the trade-offs between these two approaches and explain your reasoning step by step.",
    "Compare these contracts and argue which one carries more risk.",
    "Design the architecture of a distributed system for this workload.",
    "Debug this program and explain why it fails.",
    "Prove this theorem.",
    "Plan a migration strategy with its risks and dependencies.",
)
SPREAD = 0.1
"""The lead in cosine, of the nearest complex task over the nearest simple one, at which a prompt counts as 0.73."""


def judge(store: Store, before: str) -> None:
    """Makes `judged_complexity`: `request_id` and `complexity`, 0 to 1, of each request whose text is kept.

    Raises LlmcostError where no text is, or wordllama is not installed.
    """
    texts = store.arrow(
        "select distinct prompt from texts where prompt is not null"
        f" and request_id in (select request_id from {before}) order by prompt"
    )
    if not texts.num_rows:
        raise LlmcostError(
            "complexity=embeddings needs the prompts' texts, and none are stored", hint="ingest with --keep-text"
        )
    judged = texts.append_column("complexity", pa.array(complexity(texts["prompt"].to_pylist())))
    with store.relation("judged", judged):
        store.execute(
            "create or replace temp table judged_complexity as"
            " select texts.request_id, judged.complexity from texts inner join judged using (prompt)"
        )


def complexity(prompts: list[str]) -> list[float]:
    """0 for the simplest to 1, by a logistic function of the lead of the complex tasks over the simple ones."""
    vectors = wordllama.vectors(prompts)
    simple, hard = (wordllama.vectors(list(examples)) for examples in (SIMPLE, COMPLEX))
    lead = (vectors @ hard.T).max(axis=1) - (vectors @ simple.T).max(axis=1)
    return [float(value) for value in 1 / (1 + np.exp(-lead / SPREAD))]
