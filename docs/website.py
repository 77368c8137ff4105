"""What `mkdocs.yml` needs beyond the pages under docs/: those at the top of the project, and links to source files.

A link that leads out of docs/ on GitHub leads to a page of the site too: a file at the top has its own, a file of code
becomes one that shows it. A folder has none and is named instead.
"""

import os
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

from docs.reference import anchor

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
TOP = {
    ROOT / "README.md": "index.md",
    ROOT / "CONTRIBUTING.md": "contributing.md",
    ROOT / "ARCHITECTURE.md": "architecture.md",
    ROOT / "CHANGELOG.md": "changelog.md",
}
"""The pages at the top of the project, and what they are called on the site."""

_LINK = re.compile(r"\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>(?!https?:|#)[^)\s]+)\)")
_SOURCES = "source"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Anchors are those of GitHub, for which the links are written."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = lambda heading, _: anchor(heading)
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Adds the pages at the top, and one for each source file that a page links to."""
    for path, uri in TOP.items():
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    for path in sorted(_linked()):
        shown = path.relative_to(ROOT)
        text = f"# `{shown}`\n\n````{path.suffix[1:]}\n{path.read_text(encoding='utf-8')}\n````\n"
        files.append(File.generated(config, _page_of(path), content=text, inclusion=InclusionLevel.NOT_IN_NAV))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page's text with links as the site needs them."""
    uri = page.file.src_uri
    path = next((path for path, name in TOP.items() if name == uri), DOCS / uri)
    return _LINK.sub(lambda link: _relinked(link, path, uri), markdown) if path.exists() else markdown


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A notebook arrives as HTML: its links to other pages are those of the checkout, its figures ask for MathJax."""
    if not page.file.src_uri.endswith(".ipynb"):
        return html
    linked = re.sub(r'(href="[\w/.-]+)\.md(["#])', r"\1.html\2", html)
    return re.sub(r'<script src="https:[^"]*/mathjax/[^"]*"></script>', "", linked)


def _relinked(link: "re.Match[str]", path: Path, uri: str) -> str:
    name, mark, heading = link["target"].partition("#")
    target = Path(os.path.normpath(path.parent / name))
    if target.is_dir():
        return f"{link['text']} (`{target.relative_to(ROOT)}`)"
    there = os.path.relpath(_page_of(target), Path(uri).parent)
    return f"[{link['text']}]({there}{mark}{heading})"


def _page_of(path: Path) -> str:
    """Where the site has a file, from its root."""
    if path in TOP:
        return TOP[path]
    if path.is_relative_to(DOCS):
        return str(path.relative_to(DOCS))
    return f"{_SOURCES}/{path.relative_to(ROOT)}.md"


def _linked() -> set[Path]:
    """The files of code to which a page links."""
    found = {
        Path(os.path.normpath(path.parent / link["target"].partition("#")[0]))
        for path in [*TOP, *DOCS.glob("*.md")]
        for link in _LINK.finditer(path.read_text(encoding="utf-8"))
    }
    return {path for path in found if path.is_file() and path not in TOP and not path.is_relative_to(DOCS)}
