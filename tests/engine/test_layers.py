"""Imports run one way, those inside functions, for types alone and by name as well."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

LAYERS = (
    ("errors", "process", "locks", "numerals", "parsing"),
    ("config", "files", "web"),
    ("engine", "render", "bench_gpu"),
    ("prices", "attribution", "metrics", "embeddings", "self_hosting", "judging"),
    ("ingest", "reports", "session", "track"),
    ("what_ifs", "page", "explain"),
    ("backtest",),
    ("views",),
    ("library",),
    ("spark",),
    ("commands",),
    ("cli",),
    ("__main__",),
)
"""Each part of `llmcost/` imports itself and layers before its own, none of its own layer."""

ONLY = {
    "config": {"errors", "parsing"},
    "engine": {"errors", "locks", "numerals", "parsing"},
    "files": {"errors", "locks"},
    "render": {"errors", "files"},  # it knows tables and nothing else
    "bench_gpu": {"errors", "numerals", "parsing"},  # it measures a server wherever it is copied to
    "metrics": {"errors", "config", "engine", "web"},
    "embeddings": {"errors", "engine"},
    "judging": {"errors", "files", "parsing"},  # it asks a model; of a store it knows nothing
    # it replays a server; of a store it knows nothing
    "self_hosting": {"errors", "config", "files", "bench_gpu", "parsing"},
    "track": {"config", "metrics", "prices"},  # it runs in the user's own program
    "page": {"errors", "engine", "reports", "web"},
    "explain": {"errors", "engine", "reports", "numerals"},
}
"""Parts that may import less than the layers before them."""

WITH_CONTENT = {"llmcost", "llmcost.track"}
"""Packages whose `__init__.py` is more than a docstring: the version, and the names that a tracked program imports."""

_NAMED = re.compile(r"llmcost(\.\w+)+")


def _modules() -> dict[str, Path]:
    found = {}
    for path in (ROOT / "llmcost").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def imported(source: str, known: set[str], *, types: bool = True) -> Iterator[str]:
    """The modules among the known ones that a source imports, wherever and however it says so.

    Without `types`, what it imports for a type checker alone is left out.
    """
    tree = ast.parse(source) if types else _WithoutTypes().visit(ast.parse(source))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield from (name for name in (f"{node.module}.{alias.name}", node.module or "") if name in known)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            # a name given to import_module, to `python -m`, or the beginning of one that is put together
            text = node.value.rstrip(".")
            if _NAMED.fullmatch(text) and ".".join(text.split(".")[:2]) in known:
                yield max((name for name in known if f"{text}.".startswith(f"{name}.")), key=len)


class _WithoutTypes(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


IMPORTS = {name: set(imported(path.read_text("utf-8"), set(MODULES))) for name, path in MODULES.items()}


def _part(module: str) -> str:
    return ".".join(module.split(".")[1:2])


@pytest.mark.parametrize(
    "source",
    [
        "import llmcost.a.b",
        "from llmcost.a import b",
        "from llmcost.a.b import name",
        "def inside():\n    from llmcost.a import b",
        "async def inside():\n    import llmcost.a.b as it",
        "if TYPE_CHECKING:\n    from llmcost.a import b",
        "class It:\n    from llmcost.a.b import name",
        "import_module('llmcost.a.b')",
        "__import__('llmcost.a.b')",
        "import_module(f'llmcost.a.b.{name}')",
        "import_module('llmcost.a.b.' + name)",
        "NAME = 'llmcost.a.b'",
        "run([sys.executable, '-m', 'llmcost.a.b'])",
    ],
)
def test_every_way_to_import_is_seen(source: str) -> None:
    assert "llmcost.a.b" in set(imported(source, {"llmcost", "llmcost.a", "llmcost.a.b"}))


def test_a_docstring_or_a_file_name_is_no_import() -> None:
    known = {"llmcost", "llmcost.a", "llmcost.a.b"}
    assert not set(imported('"""llmcost.a.b"""\ndef it():\n    """llmcost.a.b"""\n    return "llmcost.toml"', known))


def test_every_part_has_a_layer() -> None:
    placed = [name for layer in LAYERS for name in layer]
    assert sorted(placed) == sorted({_part(name) for name in MODULES} - {""})


def test_imports_run_one_way() -> None:
    wrong = []
    for name, found in IMPORTS.items():
        part = _part(name)
        if not part:
            continue
        place = next(place for place, layer in enumerate(LAYERS) if part in layer)
        allowed = ONLY.get(part, {lower for layer in LAYERS[:place] for lower in layer}) | {part, ""}
        wrong += [f"{name} imports {other}" for other in sorted(found) if _part(other) not in allowed]
    assert wrong == []


def test_what_a_part_may_import_lies_before_it() -> None:
    before: set[str] = set()
    for layer in LAYERS:
        assert all(ONLY[part] <= before for part in layer if part in ONLY)
        before |= set(layer)


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {
        name: set(imported(path.read_text("utf-8"), set(MODULES), types=False)) - {name, "llmcost"}
        for name, path in MODULES.items()
        if name not in WITH_CONTENT
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_a_package_is_its_docstring() -> None:
    wrong = []
    for name, path in MODULES.items():
        if path.name == "__init__.py" and name not in WITH_CONTENT:
            tree = ast.parse(path.read_text("utf-8"))
            if not ast.get_docstring(tree) or len(tree.body) != 1:
                wrong.append(name)
    assert wrong == []
