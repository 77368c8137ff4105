"""Staged calls into `requests`, one row a call, whichever log or store they come from."""

from typing import Any

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.store import Store
from llmcost.metrics import counts
from llmcost.prices import book


def prepare(store: Store) -> None:
    """Makes the table of calls whose copy that was read now is the one that counts."""
    store.execute("create or replace temp table read_now (request_id varchar)")


def take_back(store: Store, table: str, source_id: int) -> list[dict[str, Any]]:
    """Removes the requests that a table names. Returns what that changes in the ledger about earlier runs."""
    select = compose([("taken_back", f"from {table}")], query("overcounted"))
    entries = store.rows(f"insert into ledger {select} returning *", {"source_id": source_id})
    counts.remove(store, f"from {table}")
    return entries


def set_repeats_apart(store: Store, source_id: int) -> list[dict[str, Any]]:
    """Marks records, and removes requests, whose usage is that of the records below them in their trace, and copies of
    calls that lack a part of their id.

    Returns what that changes in the ledger about earlier runs.
    """
    repeats = query("bare")
    if store.value("select count(trace_id) from staged") > 0:
        store.execute(f"create or replace temp table met as {query('met')}")
        store.execute("delete from spans where request_id in (select request_id from met)")
        store.execute("insert into spans by name from met")
        repeats = f"from ({repeats}) union from ({query('repeats')})"
    store.execute(f"create or replace temp table repeats as {repeats}")
    if store.value("select count(*) from repeats") == 0:
        return []
    store.execute("update staged set is_repeat = true where carries_call and request_id in (from repeats)")
    return take_back(store, "repeats", source_id)


def take_back_rejects(store: Store) -> list[dict[str, Any]]:
    """Removes rejects that repeat the usage of calls below them, read later. Returns the entries of the ledger."""
    if store.value("select count(request_id) from rejects") == 0:
        return []
    store.execute(
        "create or replace temp table met as"
        " select distinct trace_id from spans where request_id in (select request_id from rejects)"
    )
    store.execute(f"create or replace temp table repeats as {query('repeats')}")
    entries = store.rows(f"insert into ledger {query('no-longer-refused')} returning *")
    store.execute("delete from rejects where request_id in (from repeats)")
    return entries


def name_models(store: Store) -> None:
    """Finds the price table's names, and its prices, for models and regions that the store has not met."""
    regions = store.rows("select distinct region from staged where region is not null and carries_call")
    book.meet(store, (row["region"] for row in regions))
    new = store.rows(
        "select distinct provider as provider_logged, model_logged from staged"
        " where carries_call and reason is null and not is_repeat and model_logged is not null"
        " except select provider_logged, model_logged from models"
    )
    if new:
        book.learn(store, ((row["provider_logged"], row["model_logged"]) for row in new))


def add(store: Store, *, reads_again: bool) -> None:
    """Adds the calls to `requests`, one row a call."""
    store.execute(f"create or replace temp view calls as {query('calls')}")
    store.execute(f"create or replace temp table contested as {query('contested')}")
    store.execute(f"create or replace temp table winners as {query('winners')}", {"read_again": reads_again})
    store.execute(f"create or replace temp table unchanged as {query('unchanged')}")
    counts.remove(
        store,
        "select request_id from contested where in_store and request_id not in (select request_id from unchanged)",
    )
    store.execute(
        "insert into requests by name select * exclude (source_id, line_no, record_no) from calls"
        " where request_id not in (select request_id from contested)"
    )
    store.execute(
        "insert into requests by name select * exclude (is_new) from winners"
        " where request_id not in (select request_id from unchanged)"
    )
    if reads_again:
        store.execute(
            "insert into read_now select request_id from calls where request_id not in"
            " (select request_id from winners where not is_new)"
        )


def query(name: str) -> str:
    """The SQL of one step of an ingest."""
    return registry.find("ingest", name).body
