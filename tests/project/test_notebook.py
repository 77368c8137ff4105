"""The notebook of the docs runs from its first cell to its last, and every cell has an answer."""

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebook.ipynb"
FIGURE = "application/vnd.plotly.v1+json"


def stored() -> Any:
    """The notebook as it is in the checkout."""
    return nbformat.read(NOTEBOOK, nbformat.current_nbformat)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What each cell with code puts out, by the cell's name, in a kernel that has not seen the notebook before."""
    notebook = stored()
    with pytest.MonkeyPatch.context() as set_to:
        set_to.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        set_to.setenv("PLOTLY_RENDERER", "plotly_mimetype")
        NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    return {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}


def test_it_has_twelve_cells_of_code_and_no_stored_answers() -> None:
    cells = [cell for cell in stored().cells if cell.cell_type == "code"]
    assert len(cells) == 12
    assert not any(cell.outputs or cell.execution_count for cell in cells), "clear the outputs before saving"


def test_every_cell_answers_and_none_warns(answers: dict[str, list[Any]]) -> None:
    for name, outputs in answers.items():
        assert outputs, name
        assert [output.output_type for output in outputs if output.output_type == "stream"] == [], name


def test_every_line_of_the_log_is_accounted_for(answers: dict[str, list[Any]]) -> None:
    [output] = answers["read"]
    account = ast.literal_eval(output.data["text/plain"])
    assert account["lines"] > 1000
    assert account.pop("lines") == sum(account.values())


def test_answers_draw_themselves(answers: dict[str, list[Any]]) -> None:
    drawn = {name for name, outputs in answers.items() if any(FIGURE in output.data for output in outputs)}
    assert drawn == {"features", "days", "change", "plan", "who"}


def test_tables_are_about_the_log(answers: dict[str, list[Any]]) -> None:
    for name, known in {"prompts": "support-chat", "wrong": "cache-never-read", "techniques": "batch-api"}.items():
        [output] = answers[name]
        assert known in output.data["text/html"], name
