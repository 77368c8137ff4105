"""A mapping proposed for a log that no format knows."""

from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.ingest.fields import Field
from llmcost.ingest.propose import Proposal
from llmcost.render import cells, tables
from llmcost.render.text import visible
from llmcost.render.view import Document, View

_FIELDS_SHOWN = 40


@dataclass(frozen=True)
class ProposalView(View):
    """The log's fields with what each is probably, and the section of llmcost.toml to paste."""

    proposal: Proposal

    def document(self) -> Document:
        proposal = self.proposal
        return {
            "lines": proposal.lines,
            "fields": [self._row(field) for field in proposal.fields],
            "missing": proposal.missing,
            "mapping": proposal.section,
            "outcomes": proposal.outcomes,
        }

    def screen(self, *, details: bool) -> RenderableType:
        proposal = self.proposal
        # what is taken for something first, in the order of the log
        ordered = sorted(proposal.fields, key=lambda it: it.path not in proposal.guesses)
        shown = ordered if details else ordered[:_FIELDS_SHOWN]
        columns = [tables.name("field"), tables.number("lines"), tables.words("holds"), tables.words("probably")]
        rows = [
            [
                cells.name(it.path),
                cells.share(it.lines / proposal.lines),
                Text(it.kind),
                Text(proposal.guesses.get(it.path, "")),
            ]
            for it in shown
        ]
        parts: list[RenderableType] = [
            Text(f"No format claims this log. Its fields, in the first {proposal.lines:,} lines:", style="bold"),
            tables.Table(columns, rows),
        ]
        if len(ordered) > len(shown):
            parts.append(Text(f"and {len(ordered) - len(shown):,} more fields: --json lists them all", style="dim"))
        advice = "Check it, and paste it into llmcost.toml:" if proposal.is_complete else "Complete it in llmcost.toml:"
        parts += [Text(f"{advice}\n", style="bold"), *(self._line(line) for line in proposal.section.splitlines())]
        parts.append(Text(f"\n{self._outcome()}"))
        return Group(*parts)

    def _row(self, field: Field) -> Document:
        return {
            "path": field.path,
            "lines": field.lines,
            "share": field.lines / self.proposal.lines,
            "holds": field.kind,
            "probably": self.proposal.guesses.get(field.path),
        }

    def _line(self, line: str) -> Text:
        """A line to copy: never broken, however narrow the terminal."""
        return Text(visible(line), no_wrap=True, overflow="ignore")

    def _outcome(self) -> str:
        proposal = self.proposal
        if not proposal.is_complete:
            return f"A mapping needs {' and '.join(proposal.missing)} too: write the path of the field that holds it."
        others = [f"{count:,} × {outcome}" for outcome, count in proposal.outcomes.items() if outcome != "a call"]
        calls = proposal.outcomes.get("a call", 0)
        rest = f" ({'; '.join(others)})" if others else ""
        verb = "is a call" if calls == 1 else "are calls"
        return f"With it, {calls:,} of {proposal.lines:,} lines {verb}{rest}. Then: llmcost ingest FILE"
