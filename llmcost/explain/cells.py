"""The rows of `queries/explain/games.sql` as numbers, sorted so that what is split together stands together."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from llmcost.explain.shapley import Numbers

if TYPE_CHECKING:
    import pyarrow as pa

_PROMPT = ("game", "only_in_later", "feature", "has_prompt", "prompt_id")
_CELL = ("provider", "model")
_TIER = ("service_tier", "region")


def numbered(games: "pa.Table") -> Mapping[str, Numbers]:
    """The columns that are numbers, and the numbers of each row's prompt, cell and tier: `prompt_number` and so on.

    The order depends on the values alone, and so does what rounding makes of their sums.
    """
    names = (*_PROMPT, *_CELL, *_TIER)
    codes = [_codes(games.column(name)) for name in (*names, "in_later", "is_repriced")]
    order = np.lexsort(codes[::-1])
    column = {
        name: games.column(name).to_numpy()[order] for name in games.column_names if name not in names or name == "game"
    }
    differs = np.zeros(len(order), bool)
    ends = {"prompt_number": len(_PROMPT), "cell_number": len(_PROMPT + _CELL), "tier_number": len(names)}
    first = 0
    for name, end in ends.items():
        for code in codes[first:end]:
            differs[1:] |= np.diff(code[order]) != 0
        column[name] = np.cumsum(differs)
        first = end
    return column


def _codes(column: "pa.ChunkedArray") -> Numbers:
    """Numbers in the order of the values, null first."""
    import pyarrow.compute as pc

    values = column.combine_chunks().dictionary_encode()
    rank = np.empty(len(values.dictionary) + 1, np.int64)
    rank[pc.array_sort_indices(values.dictionary).to_numpy()] = np.arange(len(values.dictionary))
    rank[-1] = -1
    found: Numbers = rank[values.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return found
