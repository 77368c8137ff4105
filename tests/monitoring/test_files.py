"""The rules and the dashboard are what their definitions make, and speak of no metric that is not exposed."""

import json
import re

import pytest

from llmcost.metrics import definitions
from monitoring import dashboard, generate, rules

NAME = re.compile(r"\b(?:llm|llmcost)_[a-z0-9_]+")
EXPOSED = {metric.name for metric in definitions.ALL if metric.kind != "histogram"} | {
    f"{definitions.DURATION.name}_{part}" for part in ("bucket", "sum", "count")
}


def expressions() -> list[str]:
    found = [recording.expr for recording in rules.recordings()] + [alert.expr for alert in rules.alerts()]
    return found + [expr for panel in dashboard.panels() for expr, _ in panel.queries]


@pytest.mark.parametrize("name", generate.files())
def test_the_files_are_up_to_date(name: str) -> None:
    assert (generate.HERE / name).read_text(encoding="utf-8") == generate.files()[name], "python -m docs.generate"


def test_only_metrics_that_are_exposed_are_used() -> None:
    recorded = {recording.name for recording in rules.recordings()}
    for expr in expressions():
        bare = re.sub(r"\b(instance_feature|instance|feature|llm_cost_usd)(:\w+)+", "", expr)
        for name in NAME.findall(bare):
            assert name in EXPOSED, expr
        for name in re.findall(r"\b\w+(?::\w+)+", expr):
            assert name in recorded, expr


def test_every_counter_of_requests_is_on_the_dashboard() -> None:
    shown = " ".join(expr for panel in dashboard.panels() for expr, _ in panel.queries)
    for metric in (*definitions.COUNTED, *definitions.BUDGETS):
        assert metric.name in shown


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    panels = dashboard.dashboard()["panels"]
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < dashboard.WIDTH
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert json.loads(generate.files()[generate.DASHBOARD])["panels"] == panels
