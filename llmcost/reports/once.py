"""The covered requests with their costs, worked out once for many questions."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.reports import spend
from llmcost.reports.scope import Scope


@contextmanager
def laid_down(
    store: Store, covered: Scope, questions: Iterable[str], keys: Sequence[str] = ()
) -> Iterator[Mapping[str, str]]:
    """While the block runs `priced` is a relation that is kept, with the columns that the SQL of the questions names.

    Gives the columns that hold these keys of `report --by`.
    """
    relations = priced(*covered.steps())
    made = {key: spend.column(key, f"key_{place}") for place, key in enumerate(keys)}
    columns = {key: sql if sql.isidentifier() else f"key_{place}" for place, (key, (sql, _)) in enumerate(made.items())}
    values = {name: value for _, tag in made.values() for name, value in tag.items()} | covered.parameters()
    named = _words(questions)
    known = store.arrow(compose(relations, "select * from priced limit 0"), values).column_names
    selected = [name for name in known if name in named and name not in columns.values()]
    selected += [f"{sql} as {columns[key]}" for key, (sql, _) in made.items()]
    store.keep("priced", compose(relations, f"select {', '.join(selected)} from priced"), values)
    yield columns
    store.forget("priced")


def _words(questions: Iterable[str]) -> set[str]:
    """The words of their SQL and of the macros that it uses."""
    text = "\n".join(questions)
    return set(re.findall(r"\w+", "\n".join([text, *registry.macros_of(text)])))
