"""Where a result goes and in which form: the one place that writes it to a file or a terminal."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType

from llmcost import files
from llmcost.errors import LlmcostError
from llmcost.render import terminal, text
from llmcost.render.formats import Format
from llmcost.render.view import View

STDOUT = Path("-")
_ESCAPES: dict[Format, text.Escape] = {Format.json: text.json_escape, Format.html: text.html_escape}
"""How a format writes a character that standard output cannot show; others have a question mark."""


@dataclass(frozen=True)
class Output:
    """A file, else standard output, the format, and whether a table holds everything or about a screen of it."""

    format: Format = Format.table
    file: Path | None = None
    details: bool = False

    def __post_init__(self) -> None:
        if self.file == STDOUT:
            object.__setattr__(self, "file", None)

    @property
    def is_whole(self) -> bool:
        """Whether everything that is known of a result is written, not a screen of it."""
        return self.details or self.format is not Format.table

    def spare(self, inputs: Iterable[Path]) -> None:
        """Raises LlmcostError where the output would replace one of these files, which the command reads."""
        if self.file is not None and files.is_one_of(self.file, inputs):
            raise LlmcostError(f"{self.file} is read by this command", hint="name another file with -o")

    def show(self, view: View) -> None:
        """Writes the view in the format."""
        match self.format:
            case Format.table:
                self.draw(view.screen(details=self.details))
            case Format.json:
                self.write(text.as_json(view.document()))
            case Format.html:
                self.write(view.page())
            case Format.csv:
                flat = view.flat()
                self.write(text.as_csv(flat.rows, flat.columns))
            case Format.markdown:
                self.write(view.markdown())

    def draw(self, picture: RenderableType) -> None:
        """Writes a picture: with colours on a terminal, as plain text into a file or a pipe."""
        if self.file is None:
            terminal.console().print(picture)
        else:
            self.write(terminal.plain(picture))

    def write(self, content: str) -> None:
        """Writes text as it is; on a terminal with its control characters written out."""
        if self.file is None:
            content = text.on_a_terminal(content) if sys.stdout.isatty() else content
            sys.stdout.write(text.encodable(content, sys.stdout.encoding or "utf-8", _ESCAPES.get(self.format)))
        else:
            files.write(self.file, content)
