"""What a step reads besides the traffic, made into tables before it runs.

`outcomes` holds for each request and each model of an outcomes file how that model did on its prompt and what it would
have cost there; `judged_complexity` how complex the requests' prompts are by their meaning; `token_counts` how many
tokens each model makes of the same text.
"""

from collections.abc import Mapping
from typing import Any

from llmcost.engine import registry
from llmcost.engine.compose import Relation, compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.prices import book
from llmcost.what_ifs.inputs import labels, outcomes

_UNKNOWN = "select null::varchar as request_id, null::varchar as provider, null::varchar as model,"
_NO_OUTCOMES = (
    f"{_UNKNOWN} null::double as correct, null::double as cost_usd, null::double as cost_given_usd where false"
)
_NO_COMPLEXITY = "select null::varchar as request_id, null::double as complexity where false"

_MATCHED = """
with named as (
    select request_id, request_id as prompt from requests
    union select request_id, prompt_hash from requests where prompt_hash is not null
    union select request_id, prompt_id from requests where prompt_id is not null
    union select request_id, prompt from texts where prompt is not null
),

met as (
    select named.request_id, provider, model, max(correct) as correct, max(cost_usd) as cost_usd
    from named
    inner join outcomes_read using (prompt)
    group by named.request_id, provider, model
)

select
    requests.*,
    met.model as wanted,
    met.provider as wanted_provider,
    met.cost_usd as wanted_cost_usd,
    met.cost_usd as cost_given_usd,
    met.correct
from requests
inner join met using (request_id)
"""


def prepare(store: Store, values: Mapping[str, registry.Value], before: str) -> None:
    """Makes the tables for a step with these values. Raises LlmcostError where they cannot be made."""
    store.execute(f"create or replace temp view token_counts as {registry.find('pricing', 'token-counts').body}")
    path = values.get("outcomes")
    found = _NO_OUTCOMES if path is None else _known(store, values, before)
    store.execute(f"create or replace temp table outcomes as {found}", values)
    if path is not None and not store.value("select count(*) from outcomes"):
        raise LlmcostError(
            f"no request's prompt is in {path}",
            hint="a prompt is a request's id, its prompt_hash or prompt_id, or its text where it was ingested with"
            " --keep-text",
        )
    if values.get("complexity") == "embeddings":
        from llmcost.embeddings import complexity

        complexity.judge(store, before)
    else:
        store.execute(f"create or replace temp table judged_complexity as {_NO_COMPLEXITY}")


def as_given(parameter: registry.Parameter, value: registry.Value) -> Any:
    """A parameter as a kernel gets it: a file as the table of what it holds. Raises LlmcostError for a bad file."""
    return labels.read(str(value)) if parameter.type == "file" and value is not None else value


def written() -> list[Relation]:
    """The tables as a reader can make them, without a file or texts."""
    return [
        ("token_counts", registry.find("pricing", "token-counts").body),
        ("outcomes", _NO_OUTCOMES),
        ("judged_complexity", _NO_COMPLEXITY),
    ]


def models(store: Store, values: Mapping[str, registry.Value]) -> list[str]:
    """The models of a step's outcomes file, the cheapest first: by the costs that it gives, else by those of output."""
    _learn(store, values)
    rows = store.rows(
        "select logged, coalesce(avg(cost_usd), max(output_usd_mtok)) as usd from outcomes_read"
        " left join prices on prices.model = outcomes_read.model and prices.provider = outcomes_read.provider"
        " and service_tier = 'standard' and region = '' and valid_to is null and prompt_min = 0"
        " group by logged order by usd, logged"
    )
    return [row["logged"] for row in rows]


def _known(store: Store, values: Mapping[str, registry.Value], before: str) -> str:
    """SQL: the file's outcomes of the requests before a step, with what each would have cost."""
    _learn(store, values)
    moved = registry.find("billing", "moved").body
    steps = priced(("requests", f"select * from {before}"), ("decided", _MATCHED), ("requests", moved))
    return compose(steps, "select request_id, provider, model, correct, cost_usd, cost_given_usd from priced")


def _learn(store: Store, values: Mapping[str, registry.Value]) -> None:
    """Makes `outcomes_read` of the file, its models named as they are billed, and their prices known."""
    import pyarrow as pa

    read = outcomes.read(str(values["outcomes"]), str(values.get("scores", "as-given")))
    billed = []
    for logged in sorted(set(read["model"].to_pylist())):
        provider, model = book.resolve(store, logged)
        billed.append({"logged": logged, "provider": provider, "model": model})
    with store.relation("read", read), store.relation("billed", pa.Table.from_pylist(billed)):
        store.execute(
            "create or replace temp table outcomes_read as"
            " select prompt, logged, billed.provider, billed.model, correct, cost_usd"
            " from read inner join billed on billed.logged = read.model"
        )
