"""Whether a semantic cache's range of wrong hits holds, where the log has the answers.

The replay is given the prompts alone and says a range, of judged traffic of other kinds. The truth is how many of the
same hits were logged with another answer, word for word; models word one answer in many ways, so that it is the most
that can be wrong.
"""

from typing import TYPE_CHECKING

from llmcost.backtest.truth import Row, Run, measured
from llmcost.engine import registry
from llmcost.errors import LlmcostError
from llmcost.what_ifs.kernels.kernel import ordered, selected

if TYPE_CHECKING:
    import pyarrow as pa

ABOUT = (
    "wrong hits of a semantic cache on similar prompts, by judged traffic of other kinds, against hits whose logged"
    " answer is another, word for word"
)
WHAT_IF = "semantic-caching"
LACKS = "too few prompts of similar meaning with stored texts and answers; see llmcost ingest --keep-text"

_FEWEST = 30  # prompts; fewer say nothing of the range

MOST = 10_000
"""Requests replayed, the latest ones: a check of the range, not of a whole log, may take seconds."""


def backtest(run: Run, relation: str = "requests") -> Row | None:
    """The range and the actual share of wrong hits on similar prompts, by model too, of the cache at its defaults.

    None where the log holds no texts with answers, where there are no hits, or no embedding model. There are no dollars
    in it, and no prediction but the range: `*_usd` and `predicted_share` are None.
    """
    from llmcost.what_ifs.kernels.semantic_caching import KERNEL

    known = (
        f"(select s.*, texts.prompt as prompt_text from {relation} as s inner join texts using (request_id)"
        " where texts.prompt is not null and s.output_hash is not null) as known"
    )
    if run(f"select count(distinct prompt_text) as prompts from {known}", {})["prompts"][0].as_py() < _FEWEST:
        return None
    latest = f"select {selected(KERNEL)} from {known} order by ts desc, request_id desc limit {MOST}"
    traffic = run(f"select * from ({latest}) as latest order by {ordered(KERNEL)}", {})
    given = registry.find("what_ifs", "semantic-caching").bind({}) | measured(run, KERNEL, relation)
    try:
        whole = _held(traffic, given)
    except LlmcostError:  # there is no embedding model
        return None
    if not whole["hits"]:
        return None
    models = sorted(set(traffic["model"].to_pylist()))
    parts = [(model, _held(_of(traffic, model), given) if len(models) > 1 else whole) for model in models]
    return whole | {"by_model": [{"model": model} | part for model, part in parts if part["hits"]]}


def _of(traffic: "pa.Table", model: str) -> "pa.Table":
    """The requests of one model, which share answers with no other."""
    import pyarrow.compute as pc

    return traffic.filter(pc.equal(traffic["model"], model))


def _held(traffic: "pa.Table", given: Row) -> Row:
    """The range that is said without answers, and what the answers say of the same hits."""
    import pyarrow as pa

    from llmcost.what_ifs.kernels.semantic_caching import KERNEL

    place = traffic.column_names.index("output_hash")
    blind = traffic.set_column(place, "output_hash", pa.nulls(traffic.num_rows, pa.string()))
    replayed = KERNEL.replay(blind, **given)
    said, hits = replayed.found.wrong, replayed.decisions
    answers = dict(zip(traffic["request_id"].to_pylist(), traffic["output_hash"].to_pylist(), strict=True))
    similar = hits.filter(hits["cosine"].is_valid()).select(["request_id", "answered_from"]).to_pylist()
    others = sum(answers[hit["request_id"]] != answers[hit["answered_from"]] for hit in similar)
    return {
        "requests": traffic.num_rows,
        "hits": len(similar),
        "predicted_share": None,
        "low_share": said.low if said else None,
        "high_share": said.high if said else None,
        "actual_share": others / len(similar) if similar else None,
        **dict.fromkeys(("predicted_usd", "low_usd", "high_usd", "actual_usd")),
        "error_share": None,
    }
