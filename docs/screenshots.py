"""Takes the pictures of docs/page.md: `python -m docs.screenshots`, with chromium, chromedriver and selenium at hand.

They show the real pages of the sample logs. No test compares them: browsers and fonts differ from machine to machine.
"""

import shutil
import tempfile
from pathlib import Path

from llmcost.engine import access
from llmcost.ingest import run
from llmcost.page import html
from llmcost.reports.scope import scope
from llmcost.views import pages as screen
from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.projection import simulate

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
STACK = ("response-caching", "routing:upgrade=false", "prompt-caching:ttl=1h", "token-caps", "batch-api")
SHOTS = {
    "page-wide": ("report", 1200, 1900, False),
    "page-dark": ("report", 1200, 1900, True),
    "page-narrow": ("report", 390, 1700, False),
    "page-simulate": ("simulate", 1200, 1500, False),
}
"""Each picture: the page, its width and height in pixels, and whether it is dark."""


def main() -> None:
    """Makes the pages, looks at them, and keeps what was seen."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with access.writing(folder / "llmcost.duckdb") as opened:
            run.ingest(opened, [str(ROOT / "sample_logs")])
            covered = scope(opened)
            pages = {
                "report": screen.report(opened, covered),
                "simulate": screen.simulation(simulate(opened, [parse(word) for word in STACK], covered, ("feature",))),
            }
        for kind, document in pages.items():
            (folder / f"{kind}.html").write_text(html.page(document), encoding="utf-8")
        for picture, (kind, width, height, dark) in SHOTS.items():
            _shoot((folder / f"{kind}.html").as_uri(), PICTURES / f"{picture}.png", width, height, dark=dark)


def _shoot(address: str, picture: Path, width: int, height: int, *, dark: bool) -> None:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                     "--disable-background-networking", *(["--force-dark-mode"] if dark else [])):  # fmt: skip
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium") or ""
    # named outright, so that selenium looks for no driver on the network
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver") or ""))
    try:
        # a window of a phone's width is a device's: the browser has no window as narrow as that
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 640}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.get(address)
        while not driver.execute_script("return document.documentElement.dataset.ready === 'true'"):
            pass
        driver.save_screenshot(str(picture))
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
