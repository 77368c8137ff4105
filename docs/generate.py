"""Writes what the documentation says of the program, from the program: `python -m docs.generate`.

In DOCUMENTS the lines between `<!-- generated: NAME -->` and `<!-- end -->` are replaced; the pictures are the
real output of the commands on the sample logs. A test runs this and compares.
"""

import re
import tempfile
from pathlib import Path
from typing import Any

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType
from rich.text import Text

from docs import self_hosting
from llmcost.backtest import run as backtest
from llmcost.engine import registry, store
from llmcost.ingest import run
from llmcost.reports import spend
from llmcost.reports.scope import scope
from llmcost.views.report import ReportView
from llmcost.views.simulate import ProjectionView
from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.projection import simulate
from monitoring import generate as monitoring

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "monitoring.md", ROOT / "docs" / "self_hosting.md")
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
    """The document with every generated part made anew."""
    parts = {
        "commands": commands, "formats": formats, "what-ifs": what_if_table,
        "metrics": monitoring.metrics_table, "alerts": monitoring.alerts_table,
        "hosting-ways": self_hosting.ways, "hosting-volumes": self_hosting.volumes,
        "hosting-crossings": self_hosting.crossings,
    }  # fmt: skip
    return _PART.sub(lambda match: match[1] + "\n" + parts[match[2]]() + "\n" + match[3], text)


def commands() -> str:
    """The command reference."""
    from typer.main import get_command

    from llmcost.cli import app

    group: Any = get_command(app)
    return "\n".join(_command(name, command) for name, command in group.commands.items())


def formats() -> str:
    """The table of formats."""
    rows = [f"| `{q.name}` | {q.title} | {q.field('source')} |" for q in registry.load("formats").values()]
    return "\n".join(["| format | what it is | where it lies |", "| --- | --- | --- |", *rows]) + "\n"


def what_if_table() -> str:
    """The table of what-ifs and their parameters."""
    lines = ["| what-if | question | parameters and defaults |", "| --- | --- | --- |"]
    for query in registry.load("what_ifs").values():
        parameters = ", ".join(f"`{p.name}={p.written(p.default)}`" for p in query.parameters)
        lines.append(f"| `{query.name}` | {query.field('question')} | {parameters} |")
    return "\n".join(lines) + "\n"


def pictures() -> dict[str, str]:
    """The overview and a simulation of the sample logs, as SVG."""
    with tempfile.TemporaryDirectory() as folder, store.writing(Path(folder) / "llmcost.duckdb") as opened:
        run.ingest(opened, [str(ROOT / "sample_logs")])
        covered = scope(opened)
        overview = ReportView(spend.overview(opened, covered)).screen(details=False)
        stack = [parse(word) for word in STACK]
        projection = simulate(opened, stack, covered, ("feature",))
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


def _command(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    usage = " ".join(["llmcost", name, *(_metavar(p) for p in arguments), *(["[OPTIONS]"] if options else [])])
    lines = [f"### `{usage}`", "", command.help.strip(), "", "| option | meaning | default |", "| --- | --- | --- |"]
    for parameter in [*arguments, *options]:
        flag = parameter.opts[0] if parameter.param_type_name == "option" else _metavar(parameter)
        value = (
            ""
            if parameter.param_type_name == "argument" or getattr(parameter, "is_flag", False)
            else " " + _metavar(parameter)
        )
        lines.append(f"| `{(flag + value).replace('|', chr(92) + '|')}` | {parameter.help} | {_default(parameter)} |")
    return "\n".join(lines) + "\n"


def _metavar(parameter: Any) -> str:
    if parameter.metavar:
        return str(parameter.metavar)
    return str(parameter.name).upper()


def _default(parameter: Any) -> str:
    default = parameter.default
    if default is None or default is False or default == () or getattr(parameter, "required", False):
        return ""
    return f"`{getattr(default, 'value', default)}`"


if __name__ == "__main__":
    main()
