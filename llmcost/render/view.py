"""What a command displays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost.errors import UsageError
from llmcost.render import text

if TYPE_CHECKING:
    from rich.console import RenderableType

Row = Mapping[str, Any]
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Flat:
    """A result as one table; a column that a row lacks is empty."""

    rows: Sequence[Row]
    columns: Sequence[str]


class View:
    """A result in the forms in which it can be written. A form that a view lacks is an error of usage."""

    def document(self) -> Document:
        """Everything that is known of it, as one JSON object."""
        raise _lacking("JSON", "table")

    def flat(self) -> Flat:
        """Its main table, for CSV and Markdown."""
        raise _lacking("CSV or Markdown", "table or json")

    def markdown(self) -> str:
        """The same table as Markdown, unless a view has more to say."""
        flat = self.flat()
        return text.as_markdown(flat.rows, flat.columns)

    def screen(self, *, details: bool) -> "RenderableType":
        """What a person reads in a terminal: about 40 lines, or everything that matters with `details`."""
        raise _lacking("a table", "html")

    def page(self) -> str:
        """The page as HTML."""
        raise _lacking("a page", "table or json")


def _lacking(form: str, others: str) -> UsageError:
    return UsageError(f"this result cannot be written as {form}", hint=f"use --format {others}")
