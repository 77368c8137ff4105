"""A headless Chromium that looks at pages, and what it saw."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import Row, write

_ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--window-size=1200,900",
)  # fmt: skip
_PATIENCE_S = 30.0


class Browser:
    """A page in Chromium."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        """Goes to the address and waits until the page has drawn its charts."""
        self.driver.get("about:blank")
        self.errors()
        self.driver.get_log("performance")
        self.driver.get(address)
        self.wait("return document.documentElement.dataset.ready === 'true'")

    def run(self, script: str, *values: Any) -> Any:
        """The value of the script in the page."""
        return self.driver.execute_script(script, *values)

    def wait(self, condition: str) -> None:
        """Waits until the script gives something true."""
        until = time.monotonic() + _PATIENCE_S
        while not self.run(condition):
            assert time.monotonic() < until, f"{condition}: {self.errors()}"
            time.sleep(0.05)

    def card(self, name: str) -> float:
        """The value behind a figure at the top."""
        text = self.run("return document.querySelector(`[data-name='${arguments[0]}']`)?.dataset.value", name)
        return 0.0 if text in (None, "null") else float(text)

    def charts(self) -> dict[str, bool]:
        """Every chart with whether it has drawn anything."""
        return dict(
            self.run(
                "return [...document.querySelectorAll('figure')].map((figure) =>"
                " [figure.id, !!figure.querySelector('.plot .main-svg .trace, .plot .treemaplayer .trace,"
                " .plot .sankey, .plot .hm, .plot .bars, .plot .points')])"
            )
        )

    def errors(self) -> list[str]:
        """What the console has complained of since the last look."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that the page asked for since it was opened."""
        import json

        events = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("there is no chromium with its chromedriver here (Debian: apt-get install chromium-driver)")
    selenium = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    options = selenium.ChromeOptions()
    options.binary_location = chromium
    for argument in (*_ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = selenium.Chrome(options=options, service=selenium.ChromeService(driver))
    yield Browser(opened)
    opened.quit()


@pytest.fixture
def page(tmp_path: Path) -> Any:
    """Makes a page of a log's lines: its path, in a folder with the store."""

    def made(rows: list[Row | str], *words: str) -> Path:
        write(tmp_path / "log.jsonl", rows)
        assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
        done = llmcost(*(words or ("report",)), "--format", "html", "-o", "page.html", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return tmp_path / "page.html"

    return made
