"""Rows as typed tables: Arrow, and pandas made of it.

A column has the type that its name says, whatever its rows hold, so that an empty table has the types of a full one.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_NUMBERS = ("_usd", "_share", "_ms", "_per_request", "quality")
_COUNTS = ("requests", "_tokens", "calls", "blocks", "hits")
_FLAGS = ("chosen",)
_LISTS = ("trend_usd",)


def arrow(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> "pa.Table":
    """The rows as an Arrow table with these columns; what a row lacks is null."""
    import pyarrow as pa

    made = {name: _column([row.get(name) for row in rows], _kind(name)) for name in columns}
    return pa.table(made)


def frame(table: "pa.Table") -> "pd.DataFrame":
    """The table as a DataFrame: whole numbers Int64 and flags boolean, which may be <NA>; numbers float64, times
    datetime64[us]; text as pandas' own type, lists and maps as objects."""
    import pandas as pd
    import pyarrow as pa

    kinds = {
        pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype(),
        pa.string(): pd.StringDtype(),
    }  # fmt: skip
    return table.to_pandas(types_mapper=kinds.get, date_as_object=False)


def _kind(name: str) -> Any:
    import pyarrow as pa

    if name in _FLAGS:
        return pa.bool_()
    if name in _LISTS:
        return pa.list_(pa.float64())
    if name.endswith(_NUMBERS):
        return pa.float64()
    return pa.int64() if name.endswith(_COUNTS) else None


def _column(values: list[Any], kind: Any) -> Any:
    import pyarrow as pa

    if kind is None:
        found = pa.array(values)
        return found.cast(pa.string()) if pa.types.is_null(found.type) else found
    return pa.array(values, type=kind)
