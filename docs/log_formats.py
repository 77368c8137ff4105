"""Writes the pages of docs/log_formats.md that say what each format's counts mean: `python -m docs.log_formats`.

They come from the headers of `queries/formats/*.sql`; a test compares.
"""

import re
from pathlib import Path

from llmcost import registry

DOCUMENT = Path(__file__).resolve().parent / "log_formats.md"

_PAGES = re.compile(r"(<!-- generated: pages -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Rewrites the document."""
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """The document with its pages made anew."""
    pages = "\n".join(_page(query) for query in registry.load("formats").values())
    return _PAGES.sub(lambda match: f"{match[1]}\n{pages}\n{match[2]}", text)


def _page(query: registry.Query) -> str:
    parts = [f"### {query.name}", "", f"{_sentence(query.title)}", "", f"Source: {query.field('source')}", ""]
    parts += [f"- {_sentence(truth)}" for truth in query.fields["truth"]]
    parts += [f"- Assumed: {assumption}." for assumption in query.fields.get("assumes", ())]
    parts += [f"- `--assume {p.name}=…`: {p.meaning} (`{p.default}` unless said)." for p in query.parameters]
    if "stateful" in query.fields:
        parts.append(f"- A file is read whole, anew when it grows: {query.field('stateful')}.")
    return "\n".join(parts) + "\n"


def _sentence(text: str) -> str:
    """It begins with a capital unless with a name in code, and ends with a full stop."""
    begun = text[:1].upper() + text[1:] if re.match(r"[a-z]+ ", text) else text
    return begun if begun.endswith(".") else f"{begun}."


if __name__ == "__main__":
    main()
