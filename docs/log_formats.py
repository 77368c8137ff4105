"""Writes the pages of docs/log_formats.md, which say what each format's counts mean, and the guide docs/logs.md, which
says where each log lies: `python -m docs.log_formats`.

They come from the headers of `queries/formats/*.sql`; a test compares.
"""

import re
from collections.abc import Callable
from pathlib import Path

from llmcost.engine import registry

FOLDER = Path(__file__).resolve().parent
DOCUMENTS = (FOLDER / "log_formats.md", FOLDER / "logs.md")

_GENERATED = re.compile(r"(<!-- generated: (contents|pages|guide) -->\n).*?(<!-- end -->)", re.DOTALL)


_CONTENTS = ("cached", "reasoning", "lacks")


def main() -> None:
    """Rewrites the documents."""
    for document in DOCUMENTS:
        document.write_text(filled(document.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """The document with its generated part replaced."""
    parts = {"contents": _contents, "pages": _each(_page), "guide": _each(_guide)}
    return _GENERATED.sub(lambda match: f"{match[1]}\n{parts[match[2]]()}\n{match[3]}", text)


def _each(page: Callable[[registry.Query], str]) -> Callable[[], str]:
    return lambda: "\n".join(page(query) for query in registry.load("formats").values())


def _contents() -> str:
    """A table of what decides where cached and reasoning tokens are counted, and what a log lacks."""
    said = [(query.name, *(query.field(key) for key in _CONTENTS)) for query in registry.load("formats").values()]
    rows = [f"| [{name}](#{name}) | {' | '.join(cells)} |" for name, *cells in said]
    heading = "| log | cached tokens are | reasoning tokens are | such a log lacks |"
    return "\n".join([heading, "| --- | --- | --- | --- |", *rows, ""])


def _guide(query: registry.Query) -> str:
    return "\n".join(
        [f"### {query.name}", "", _sentence(query.title), "", f"Where: {_sentence(query.field('source'))}", "",
         "```sh", query.field("ingest"), "```", ""]
    )  # fmt: skip


def _page(query: registry.Query) -> str:
    parts = [f"### {query.name}", "", f"{_sentence(query.title)}", "", f"Source: {query.field('source')}", ""]
    parts += [f"- {_sentence(truth)}" for truth in query.fields["truth"]]
    parts += [f"- Assumed: {assumption}." for assumption in query.fields.get("assumes", ())]
    parts += [f"- `--assume {p.name}=…`: {p.meaning} (default: `{p.default}`)." for p in query.parameters]
    if "stateful" in query.fields:
        parts.append(f"- The whole file is read again when it grows: {query.field('stateful')}.")
    return "\n".join(parts) + "\n"


def _sentence(text: str) -> str:
    """It begins with a capital unless with a name in code, and ends with a full stop."""
    begun = text[:1].upper() + text[1:] if re.match(r"[a-z]+ ", text) else text
    return begun if begun.endswith(".") else f"{begun}."


if __name__ == "__main__":
    main()
