"""The texts of requests, for those who ask to keep them. By default a store holds none."""

from dataclasses import dataclass
from pathlib import Path

from llmcost.engine import access
from llmcost.engine.store import Store


@dataclass(frozen=True)
class Texts:
    """What an ingest does with the texts in its logs. Those kept have secrets taken out, and e-mail addresses if so."""

    keep: bool = False
    redact_emails: bool = False


NO_TEXTS = Texts()

_HOLD_ADDRESSES = " or ".join(f"kept({part}) is distinct from {part}" for part in ("system", "prompt", "output"))
_SAID = (
    "carries_call and reason is null and not is_repeat"
    " and coalesce(texts.system, texts.prompt, texts.output) is not null"
)
_COLUMNS = "request_id, texts.system as system, texts.prompt as prompt, texts.output as output"
_LONGEST = ", ".join(
    f"max_by(rowid, {{'length': length({part}), 'hash': hash({part})}}) filter ({part} is not null) as {part}"
    for part in ("system", "prompt", "output")
)
"""Of several copies of a call the finished one counts, whatever order they are read in. What is found of each call is
where its text is: the texts themselves would all be held in memory."""


def prepare(store: Store, texts: Texts) -> None:
    """Tells the ingest queries of this connection what is asked; they know the macros of `ingest/macros.sql`."""
    if texts.keep:
        if store.value("select count(*) from texts") == 0:  # what its owner allows afterwards stays
            store.make_private()
        store.execute("create or replace temp macro keeps_text() as true")
    if texts.redact_emails:
        store.execute("create or replace temp macro redacts_emails() as true")
        with store.transaction():
            if store.value(f"select count(*) from texts where {_HOLD_ADDRESSES}") > 0:
                store.execute("update texts set system = kept(system), prompt = kept(prompt), output = kept(output)")
                store.execute("delete from vectors")  # some are of texts that held an address
                store.execute("insert into llmcost_meta values ('rewrite', 'addresses were taken out')")


def is_to_be_rewritten(store: Store) -> bool:
    """Whether the file still holds, in blocks that are free, what was taken out of texts."""
    return bool(store.value("select count(*) from llmcost_meta where key = 'rewrite'"))


def rewrite(path: Path) -> None:
    """Rewrites the store without what was removed from texts."""
    access.rewrite(path, "delete from llmcost_meta where key = 'rewrite'")


def keep(store: Store) -> None:
    """Adds the texts of the calls just read."""
    store.execute(
        f"create or replace temp table several as select request_id from (select request_id from staged where {_SAID}"
        " union all select request_id from texts where request_id in (select request_id from staged))"
        " group by request_id having count(*) > 1"
    )
    if store.value("select exists (from several)"):
        _keep_longest(store)
    store.execute(f"insert into texts select {_COLUMNS} from staged where {_SAID} and request_id not in (from several)")
    store.execute("drop table several")


def _keep_longest(store: Store) -> None:
    """Adds the texts of the calls of which there are several copies."""
    store.execute(
        f"create or replace temp table copies as select {_COLUMNS} from staged"
        f" where {_SAID} and request_id in (from several)"
        " union all select * from texts where request_id in (from several)"
    )
    store.execute("delete from texts where request_id in (from several)")
    store.execute(
        f"create or replace temp table longest as select request_id, {_LONGEST} from copies group by request_id"
    )
    store.execute(
        "insert into texts select longest.request_id, of_system.system, of_prompt.prompt, of_output.output from longest"
        " left join copies as of_system on of_system.rowid = longest.system"
        " left join copies as of_prompt on of_prompt.rowid = longest.prompt"
        " left join copies as of_output on of_output.rowid = longest.output"
    )
    store.execute("drop table longest")
    store.execute("drop table copies")
