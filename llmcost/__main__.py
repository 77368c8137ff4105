"""The program: `llmcost`, and `python -m llmcost`."""

import sys

from llmcost import process

_NEED_PANDAS = ("pyspark", "sentence_transformers")
"""Packages that do not run without it."""


class _WithoutPandas:
    """Keeps pandas out of a command, which has no use for it: pyarrow imports it, if it is there, with the first array
    that it makes of Python values."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas" and sys.modules.keys().isdisjoint(_NEED_PANDAS):
            raise ModuleNotFoundError("no command uses pandas", name=name)


def main() -> None:
    """Runs the command line. Signals end it in one line from here on, while it is being loaded too."""
    process.open_streams()
    sys.meta_path.insert(0, _WithoutPandas())
    try:
        with process.ending_on_signals():
            from llmcost.cli import main as run

            run()
    finally:
        process.ignore_signals()


if __name__ == "__main__":
    main()
