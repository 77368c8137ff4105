"""The documentation says what the program does: its generated parts are as the program would write them."""

import re
import shlex
from pathlib import Path

import pytest

from docs import accuracy, article_claims, generate, reference
from llmcost.what_ifs.engine.step import parse


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


def test_errors_and_what_is_inside_are_computed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    results = tmp_path / "accuracy.toml"
    results.write_text(
        '[[results]]\nreplay = "x"\ndata = "d"\nseen = false\nunit = "USD"\npredicted = 9\ntruth = 10\nlow = 8\n'
        'high = 9.5\nby = "c"\n'
    )
    monkeypatch.setattr(accuracy, "RESULTS", results)
    assert "| `x` | d | $9.00 | $10.00 | −10.0% | $8.00 to $9.50 | no | – | – | `c` |" in accuracy.summary()


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
    for target in re.findall(r"\]\((?!https?:)([^)]+)", path.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        page = path.parent / name if name else path
        assert page.exists(), f"{path.name} links to {target}"
        if anchor and page.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(reference.anchor, headings), f"{path.name} links to {target}"


@PAGES
def test_commands_that_a_page_shows_exist(path: Path) -> None:
    """With the options and the what-ifs that they name."""
    if path.name == "CHANGELOG.md":
        return  # it names what was there then
    known = reference.commands()
    for line in _command_lines(path.read_text(encoding="utf-8")):
        words = shlex.split(line, comments=True)
        name, options = words[0], {word.partition("=")[0] for word in words if word.startswith("-")}
        assert name in known, f"{path.name} shows llmcost {line}"
        there = {option for parameter in known[name].params for option in parameter.opts} | {"-h", "--help", "-"}
        assert options <= there, f"{path.name} shows llmcost {line}"
        for place, word in enumerate(words[:-1]):
            if word == "--what-if" and words[place + 1] != "all" and not words[place + 1].isupper():
                parse(words[place + 1])


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len((generate.ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def _command_lines(text: str) -> list[str]:
    """What follows `llmcost` in blocks of commands, up to a pipe or another command."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL) + re.findall(r"(?:^    llmcost .*\n)+", text, re.MULTILINE)
    found = re.findall(r"(?:^|[ /|])llmcost ([a-z-]+[^|&;\n]*)", "\n".join(blocks), re.MULTILINE)
    return [line for line in found if not line.startswith("&&")]
