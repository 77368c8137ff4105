"""What a scenario promised and what came of it."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.backtest.verify import Verification
from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View

_SMALL_USD = 0.005
_CAUSES = {"disappeared": "features and prompts that are gone"}


@dataclass(frozen=True)
class VerifyView(View):
    """The sentence, and the sum from the bill before to the bill since."""

    found: Verification

    def document(self) -> Document:
        found = self.found
        made: dict[str, Any] = dict(vars(found))
        made |= {"steps": list(found.steps), "since": found.since.isoformat(), "held": found.held}
        made |= {name: dict(getattr(found, name)) for name in ("corrections", "differences")}
        return made

    def flat(self) -> Flat:
        """A row for each amount from the bill before to the bill since."""
        return Flat(self._rows(), ["what", "usd"])

    def screen(self, *, details: bool) -> RenderableType:
        rows = [[Text(row["what"]), cells.usd(row["usd"])] for row in self._rows()]
        columns = [tables.words(f"scenario {self.found.scenario}"), tables.number("dollars")]
        return Group(
            Text(f"{self._sentence()}\n"),
            tables.Table(columns, rows),
            tables.Bullets("Why it differs", self._why()),
            tables.Bullets("Caveats", self.found.notes, "yellow"),
        )

    def _rows(self) -> list[dict[str, Any]]:
        found = self.found
        before = f"{cells.counted(found.requests_before, 'request')} before"
        return [
            {"what": before, "usd": found.cost_before_usd},
            *(
                {"what": f"change by {_CAUSES.get(name, name)}", "usd": usd}
                for name, usd in found.corrections.items()
                if usd or name not in _CAUSES
            ),
            {"what": f"{cells.counted(found.requests_since, 'request')} since, without it", "usd": found.without_usd},
            {"what": "change by the scenario", "usd": -found.realised_usd},
            {"what": "the bill since", "usd": found.cost_since_usd},
            {"what": "promised for this traffic", "usd": found.promised_usd},
            {"what": "promised then, for the traffic before", "usd": found.promised_then_usd},
        ]

    def _sentence(self) -> str:
        found = self.found
        realised = f"{found.realised_usd / found.promised_usd:.1%}".replace("-", "−") if found.promised_usd else ""
        share = f" ({realised} of it)" if realised else ""
        ranged = f", between {cells.usd(found.low_usd).plain} and {cells.usd(found.high_usd).plain}"
        held = {True: "The range held.", False: "The range did not hold.", None: "No range was promised."}[found.held]
        return (
            f"Promised {cells.usd(found.promised_usd).plain}{ranged if found.held is not None else ''};"
            f" realised {cells.usd(found.realised_usd).plain}{share}. {held}"
        )

    def _why(self) -> list[str]:
        """Of what is paid for, what differs from the promise, the most first."""
        differing = sorted(self.found.differences.items(), key=lambda one: -abs(one[1]))
        said = [
            f"{name.removesuffix('_usd').replace('_', ' ')}: {cells.usd(abs(usd)).plain}"
            f" {'less' if usd > 0 else 'more'} than promised"
            for name, usd in differing
            if abs(usd) >= _SMALL_USD
        ]
        if self.found.new_requests:
            new = cells.counted(self.found.new_requests, "request")
            said.append(f"{new} of new features and prompts cost {cells.usd(self.found.new_usd).plain}, left out")
        return said
