"""The program: `llmcost`, and `python -m llmcost`."""

from llmcost import process


def main() -> None:
    """Runs the command line. Signals end it in one line from here on, while it is being loaded too."""
    process.open_streams()
    try:
        with process.ending_on_signals():
            from llmcost.cli import main as run

            run()
    finally:
        process.ignore_signals()


if __name__ == "__main__":
    main()
