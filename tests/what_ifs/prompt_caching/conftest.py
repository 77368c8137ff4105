"""What the tests of prompt-caching share."""

from collections.abc import Iterator

import pytest

from llmcost.engine import store


@pytest.fixture(scope="module")
def opened() -> Iterator[store.Store]:
    """An empty store, which has no prices."""
    with store.in_memory() as made:
        yield made
