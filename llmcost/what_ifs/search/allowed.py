"""Which techniques a search may stack: those that leave answers as they are, and those that the user asks for."""

from collections.abc import Collection, Iterable

from llmcost.engine.registry import Query

OPTION = "--allow-changed-answers"


def refused(queries: Iterable[Query], named: Collection[str], *, changed_answers: bool) -> dict[str, str]:
    """Why some of the techniques are not stacked, by name: their answers may be others than the logged ones, which the
    user neither allows nor asks for by naming the technique."""
    if changed_answers:
        return {}
    return {
        query.name: f"changes answers: {alters}; {OPTION} adds it"
        for query in queries
        if (alters := query.field("alters")) and query.name not in named
    }
