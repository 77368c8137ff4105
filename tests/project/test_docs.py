"""The documentation says what the program does: its generated parts are as the program would write them."""

import re
from pathlib import Path

import pytest

from docs import article_claims, generate


@pytest.mark.parametrize("document", generate.DOCUMENTS, ids=lambda path: path.name)
def test_the_documents_are_up_to_date(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert generate.filled(text) == text, "run: python -m docs.generate"


def test_the_pictures_are_up_to_date() -> None:
    for name, svg in generate.pictures().items():
        assert (generate.PICTURES / name).read_text(encoding="utf-8") == svg, "run: python -m docs.generate"


def test_the_articles_claims_are_up_to_date() -> None:
    text = article_claims.DOCUMENT.read_text(encoding="utf-8")
    assert article_claims.document() == text, "run: python -m docs.article_claims"


PAGES = pytest.mark.parametrize(
    "path", sorted(generate.ROOT.glob("*.md")) + sorted(generate.ROOT.glob("docs/*.md")), ids=lambda path: path.name
)
_FOLDERS = ("benchmarks", "docs", "llmcost", "monitoring", "queries", "sample_logs", "tests")


@PAGES
def test_files_that_a_page_names_are_there(path: Path) -> None:
    """Those in code marks, from the top of the project; NAME and the like stand for any name."""
    if path.name == "CHANGELOG.md":
        return  # it names what was there then
    for name in re.findall(r"`([\w./-]+)`", path.read_text(encoding="utf-8")):
        first = name.split("/")[0]
        if "/" in name and first in _FOLDERS and not re.search(r"[A-Z]{3}", name):
            assert (generate.ROOT / name).exists(), f"{path.name} names {name}"


@PAGES
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"
