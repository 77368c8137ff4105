"""What is in the built distributions, and their metadata."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

import llmcost

ROOT = Path(__file__).resolve().parents[2]
NAME = f"llmcost_cli-{llmcost.__version__}"
OPTIONAL = ("track", "judge", "semantic", "minilm", "metrics", "notebook", "bench", "spark", "self-hosting")


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def in_wheel(distributions: Path) -> set[str]:
    with zipfile.ZipFile(distributions / f"{NAME}-py3-none-any.whl") as wheel:
        return set(wheel.namelist())


@pytest.fixture(scope="module")
def in_sdist(distributions: Path) -> set[str]:
    with tarfile.open(distributions / f"{NAME}.tar.gz") as sdist:
        return {name.removeprefix(f"{NAME}/") for name in sdist.getnames()}


@pytest.fixture(scope="module")
def metadata(distributions: Path) -> Message:
    with zipfile.ZipFile(distributions / f"{NAME}-py3-none-any.whl") as wheel:
        return Parser().parsestr(wheel.read(f"{NAME}.dist-info/METADATA").decode())


def files_under(folder: str, pattern: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob(pattern)}


def test_the_wheel_holds_the_package_and_its_queries(in_wheel: set[str]) -> None:
    assert {name for name in files_under("llmcost", "*.*") if "__pycache__" not in name} <= in_wheel
    assert {f"llmcost/{query}" for query in files_under("queries", "*.sql")} <= in_wheel


def test_the_wheel_holds_nothing_else(in_wheel: set[str]) -> None:
    assert {name.split("/")[0] for name in in_wheel} == {"llmcost", f"{NAME}.dist-info"}
    assert not [name for name in in_wheel if name.endswith((".pyc", ".duckdb"))]


def test_the_source_distribution_can_be_tested(in_sdist: set[str]) -> None:
    for folder, pattern in (
        ("llmcost", "*.py"),
        ("queries", "*.sql"),
        ("tests", "*.py"),
        ("benchmarks", "*.py"),
        ("monitoring", "*.py"),
        ("monitoring", "*.yml"),
        ("monitoring", "*.json"),
    ):
        assert files_under(folder, pattern) <= in_sdist
    assert files_under("sample_logs", "*.jsonl") <= in_sdist
    assert {"Makefile", "LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"} <= in_sdist
    assert {".ci/run", ".github/workflows/ci.yml", ".pre-commit-config.yaml"} <= in_sdist


def test_the_workflow_runs_every_supported_version_of_python_and_nothing_of_its_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    supported = [name.rsplit(" ", 1)[1] for name in project["classifiers"] if re.search(r":: Python :: 3\.\d+$", name)]
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    [listed] = re.findall(r"^ +python: \[(.*)\]$", workflow, re.MULTILINE)
    assert listed.replace('"', "").split(", ") == supported
    assert re.findall(r"^ +- run: (.*)$", workflow, re.MULTILINE) == [".ci/run"]


def test_pre_commit_runs_make_lint_and_fetches_nothing() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^ *(?:- )?repo: (.*)$", hooks, re.MULTILINE) == ["local"]
    assert re.findall(r"^ *entry: (.*)$", hooks, re.MULTILINE) == ["make lint"]


def test_the_source_distribution_holds_nothing_generated(in_sdist: set[str]) -> None:
    packed = {name for name in in_sdist if not name.startswith("tests/engine/stores/")}  # what migrations are tested on
    assert not [name for name in packed if re.search(r"\.duckdb|\.pyc|benchmarks/\.data|\.venv", name)]


def test_metadata(metadata: Message) -> None:
    assert metadata["Name"] == "llmcost-cli"
    assert metadata["Version"] == llmcost.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert {*OPTIONAL, "test", "lint", "dev", "docs"} == set(metadata.get_all("Provides-Extra", []))


def test_every_dependency_has_a_floor(metadata: Message) -> None:
    for requirement in metadata.get_all("Requires-Dist", []):
        assert re.search(r"[>=]=\d|^llmcost-cli\[", requirement), requirement


def test_the_changelog_knows_this_version_or_is_ahead_of_it() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## (Unreleased|{re.escape(llmcost.__version__)}\b)", changelog, re.MULTILINE)


def test_the_version_is_the_installed_one() -> None:
    try:
        installed = importlib.metadata.version("llmcost-cli")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("llmcost-cli is not installed here: the tests run from the checkout")
    assert installed == llmcost.__version__


def imported_by(path: Path) -> set[str]:
    """The top-level modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "llmcost").rglob("*.py")), ids=lambda path: path.name)
def test_what_is_imported_is_declared(path: Path) -> None:
    """A third-party import is a dependency or belongs to an extra: none comes by way of another package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = list(project["dependencies"])
    for extra in OPTIONAL:
        declared += project["optional-dependencies"][extra]
    names = {re.split(r"[>=\[]", requirement)[0].replace("-", "_") for requirement in declared}
    assert imported_by(path) <= names | sys.stdlib_module_names | {"llmcost"}
