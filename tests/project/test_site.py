"""The documentation builds as one site: no link is broken, nothing comes from elsewhere, all of it can be found."""

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. The notebook is not executed for it: a test of its own does that."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as set_to:
        set_to.setenv("DOCS_EXECUTE", "false")
        words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    written = {path.with_suffix(".html").name for path in (ROOT / "docs").glob("*.md")}
    assert pages >= written | {"index.html", "notebook.html", "contributing.html", "changelog.html"}
    assert "source/queries/schema.sql.html" in pages, "a link to code leads to a page that shows it"
    assert not list(site.rglob("*.py"))


def test_links_lead_to_a_place_that_is_there(site: Path) -> None:
    places = {
        path: set(re.findall(r'\bid="([^"]*)"', path.read_text(encoding="utf-8"))) for path in site.rglob("*.html")
    }
    for page in places:
        if page.name == "404.html":  # its links are those of a server's root
            continue
        for link in re.findall(r'<a\b[^>]*\bhref="([^"]*)"', page.read_text(encoding="utf-8")):
            name, _, anchor = unquote(unescape(link)).partition("#")
            if re.match(r"\w+:", name):
                continue
            target = (page.parent / name).resolve() if name else page
            target = target / "index.html" if target.is_dir() else target
            assert target.exists(), f"{page.name} links to {link}"
            assert not anchor or anchor in places.get(target, {anchor}), f"{page.name} links to {link}"


def test_a_page_fetches_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r'<(?:script|img|iframe|source)\b[^>]*\bsrc="(https?:[^"]*)"', text)
        fetched += re.findall(r'<link\b[^>]*\brel="(?:stylesheet|preconnect)"[^>]*\bhref="(https?:[^"]*)"', text)
        assert fetched == [], page.name


def test_what_is_written_can_be_found(site: Path) -> None:
    found = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    places = {one["location"] for one in found}
    assert {"what_ifs.html#batch-api", "api.html#llmcost.Store.explain", "index.html"} <= places
    reference = (site / "api.html").read_text(encoding="utf-8")
    assert "Why the bill changed between two periods" in reference, "docstrings are in the reference"
