"""Prompts without a name and without a system prompt, identified by what their texts have in common.

Prompts are templates filled in: their beginnings are equal and their lengths are not. Of each text the store keeps
hashes of its first 16, 32, 64 … characters, and no words. A beginning that many requests share is a template; it is
followed to longer beginnings as long as enough of those requests share them. That depends on the requests in the
store and not on the order in which they came, as every answer of llmcost does; miners of log templates that cluster a
stream line by line, such as Drain, do not have this property, and separate templates by their number of words.
"""

from llmcost.engine import registry
from llmcost.engine.store import Store


def mine(store: Store) -> bool:
    """Takes in the texts just read; true if that changed the prompt of any request in the store."""
    again = "request_id in (select request_id from contested)"
    if not store.value(
        f"select exists (from staged where openings is not null) or exists (from openings where {again})"
    ):
        return False
    store.execute(
        "insert into openings select request_id, max(openings) from staged"
        " where carries_call and reason is null and not is_repeat and openings is not null"
        " and request_id not in (select request_id from openings)"
        " group by request_id"
    )
    # a finished copy may name its prompt, and a record may turn out to repeat others
    store.execute(
        "delete from openings where request_id not in (select request_id from requests)"
        f" or ({again} and request_id in (select request_id from requests where prompt_id is not null))"
    )
    store.execute(f"create or replace temp table templates as {registry.find('ingest', 'templates').body}")
    changed = "requests.prompt_id is distinct from templates.prompt_id and requests.request_id = templates.request_id"
    count = store.value(f"select count(*) from requests, templates where {changed}")
    if count:
        store.execute(f"update requests set prompt_id = templates.prompt_id from templates where {changed}")
    store.execute("drop table templates")
    return bool(count)
