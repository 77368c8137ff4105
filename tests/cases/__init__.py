"""Whole commands with their expected output, one file a case: `$ llmcost …`, what it prints, `[status]` where not 0.

Each case runs in a folder of its own that holds `sample_logs` and a store of all of them, `llmcost.duckdb`.
`python -m tests.cases` rewrites the expected output; read the difference before you commit it.
"""

import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmcost.engine import access, store
from llmcost.ingest import run
from tests.command import llmcost

FOLDER = Path(__file__).parent
SAMPLES = FOLDER.parents[1] / "sample_logs"

_PROMPT = "$ "
_NOTE = "# "


def cases() -> list[Path]:
    """Every case, by name."""
    return sorted(FOLDER.glob("*.txt"))


@contextmanager
def sampled_store() -> Iterator[Path]:
    """A store that holds all sample logs, to be copied for each case."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / store.DEFAULT_NAME
        with access.writing(path) as opened:
            run.ingest(opened, [str(SAMPLES)])
        yield path


def replayed(case: Path, samples: Path) -> str:
    """The case's text with the output that its commands give now. Its notes and commands stay."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sample_logs").symlink_to(SAMPLES)
        shutil.copy(samples, folder / store.DEFAULT_NAME)
        kept = [line for line in case.read_text("utf-8").splitlines() if line.startswith((_PROMPT, _NOTE))]
        return "".join(line + "\n" + (_output(line, folder) if line.startswith(_PROMPT) else "") for line in kept)


def _output(line: str, folder: Path) -> str:
    """What the command prints, standard output first, and its exit status where that is not 0."""
    command, *words = shlex.split(line.removeprefix(_PROMPT))
    assert command == "llmcost", f"a case runs llmcost and nothing else: {line}"
    done = llmcost(*words, cwd=folder)
    printed = "".join(text.rstrip() + "\n" for text in (done.stdout + done.stderr).splitlines())
    return printed + (f"[{done.returncode}]\n" if done.returncode else "")
