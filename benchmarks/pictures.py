"""Take the pictures of the reports in the documents: `python -m benchmarks.pictures http://127.0.0.1:8080`.

`make demo` must be answering at that address. The browser is Debian's Chromium.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "reports"
PAGES = {
    "overview": "/reports",
    "psychology": "/reports/psychology",
    "words": "/reports/words",
    "compare": "/reports/compare",
    "rising": "/reports/rising",
    "emerging": "/reports/emerging",
}
WIDE, HIGH = 1280, 1900
"""Pixels of a picture; what is longer is cut."""
CHARTS_ARE_THERE = """() => Promise.all([...document.images].slice(0, 6).map(image => {
    image.loading = "eager";
    return image.decode();
}))"""
"""Waits for the charts that a picture can show: pages load each when it is scrolled to."""
COLOURS = 128
"""A picture of text needs no more, and is a third of the size."""


def main(arguments: list[str] | None = None) -> int:
    """Write every picture anew; raises Playwright's errors where a page does not come."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("address", help="where the demonstration answers")
    given = parser.parse_args(arguments)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDE, "height": HIGH})
        for name, path in PAGES.items():
            answer = page.goto(f"{given.address}{path}?ui=en", timeout=120_000)
            if answer is None or not answer.ok:
                sys.stderr.write(f"{path} did not come: is `make demo` running at {given.address}?\n")
                return 1
            page.evaluate(CHARTS_ARE_THERE)
            high = min(HIGH, int(page.evaluate("document.documentElement.scrollHeight")))
            taken = page.screenshot(clip={"x": 0, "y": 0, "width": WIDE, "height": high}, full_page=True)
            Image.open(io.BytesIO(taken)).quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)
            sys.stdout.write(f"docs/reports/{name}.png\n")
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
