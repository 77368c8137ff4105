"""Writes the generated parts of the documentation: `python -m docs.generate`.

In DOCUMENTS the lines between `<!-- generated: NAME -->` and `<!-- end -->` are replaced; the pictures are the
real output of the commands on the sample logs. A test runs this and compares.
"""

import re
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType
from rich.text import Text

from docs import accuracy, reference, samples, self_hosting, serving_points
from llmcost.backtest import run as backtest
from llmcost.reports import spend
from llmcost.reports.scope import scope
from llmcost.views.report import ReportView
from llmcost.views.simulate import ProjectionView
from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.projection import simulate
from monitoring import generate as monitoring

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = (
    ROOT / "README.md",
    *(ROOT / "docs" / name for name in ("cli.md", "what_ifs.md", "monitoring.md", "self_hosting.md", "accuracy.md")),
)
PICTURES = ROOT / "docs" / "pictures"
STACK = ("prompt-caching:ttl=1h", "routing:upgrade=false")
WIDTH = 100

_PART = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Rewrites the documents, the pictures, and the rules and the dashboard under monitoring/."""
    monitoring.main()
    for document in DOCUMENTS:
        document.write_text(filled(document.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, svg in pictures().items():
        (PICTURES / name).write_text(svg, encoding="utf-8")


def filled(text: str) -> str:
    """The document with every generated part replaced."""
    parts = {
        "commands": reference.command_pages, "formats": reference.formats,
        "questions": reference.questions, "what-ifs": reference.what_ifs,
        "metrics": monitoring.metrics_table, "alerts": monitoring.alerts_table,
        "hosting-ways": self_hosting.ways, "hosting-volumes": self_hosting.volumes,
        "hosting-crossings": self_hosting.crossings, "accuracy": accuracy.summary,
        "serving-chosen-on": serving_points.chosen_on, "serving-unseen": serving_points.unseen,
    }  # fmt: skip
    if self_hosting.PUBLIC.is_dir():  # logs that are not part of the checkout; without them their part stays
        parts["hosting-traces"] = self_hosting.traces

    def made(match: re.Match[str]) -> str:
        return f"{match[1]}\n{parts[match[2]]()}\n{match[3]}" if match[2] in parts else match[0]

    return _PART.sub(made, text)


def pictures() -> dict[str, str]:
    """The overview and a simulation of the sample logs, as SVG."""
    opened = samples.store()
    covered = scope(opened)
    overview = ReportView(spend.overview(opened, covered)).screen(details=False)
    projection = simulate(opened, [parse(word) for word in STACK], covered, ("feature",))
    backtest.check(opened, projection)
    simulated = ProjectionView(projection).screen(details=False)
    command = "llmcost simulate " + " ".join(f"--what-if {word}" for word in STACK) + " --by feature"
    return {
        "report.svg": _svg("llmcost report", overview),
        "simulate.svg": _svg(command, simulated),
    }


def _svg(command: str, output: RenderableType) -> str:
    console = Console(record=True, width=WIDTH, file=tempfile.TemporaryFile("w"), force_terminal=True, emoji=False)  # noqa: SIM115
    console.print(Text(f"$ {command}", style="bold"), output, sep="\n")
    without_fonts = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title="llmcost", code_format=without_fonts, unique_id="llmcost")


if __name__ == "__main__":
    main()
