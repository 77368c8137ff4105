"""What an export wrote."""

from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import cells, tables
from llmcost.render.text import visible
from llmcost.render.view import Document, Flat, View
from llmcost.reports.export import MANIFEST, Exported


@dataclass(frozen=True)
class ExportView(View):
    """The manifest; as a table its files."""

    exported: Exported

    def document(self) -> Document:
        return {"to": self.exported.address, **self.exported.manifest}

    def flat(self) -> Flat:
        """A row for each file."""
        return Flat(self.exported.manifest["files"], ["path", "rows", "bytes", "sha256"])

    def screen(self, *, details: bool) -> RenderableType:
        found = self.exported.manifest
        files = cells.counted(len(found["files"]), "file")
        said = (
            f"{cells.counted(found['requests'], 'request')} that cost {cells.usd(found['cost_usd']).plain}:"
            f" {cells.counted(found['rows'], 'row')} in {files}. Counts and versions: {MANIFEST}."
        )
        notes = []
        if unpriced := found["unpriced_requests"]:
            notes.append(f"{cells.counted(unpriced, 'request')} without a price: no dollars there")
        notes += found.get("notes", [])
        parts: list[RenderableType] = [Text(said), tables.Bullets("Notes", notes, "yellow")]
        if details:
            rows = [[Text(one["path"]), cells.exact(one["rows"]), cells.exact(one["bytes"])] for one in found["files"]]
            parts.append(tables.Table([tables.name("file"), tables.number("rows"), tables.number("bytes")], rows))
        return Group(*parts, Text(f"Written to {visible(self.exported.address)}", style="dim"))
