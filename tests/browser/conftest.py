"""A real browser: Debian's Chromium, driven by Playwright. Where either is missing, tests say so and are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.browser.toy_review import TICKETS, Served, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

NUMBERS = count()
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each has a context, and so storage, of its own."""
    driver = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install -e '.[dev]'")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("needs a browser: apt-get install chromium")
    with driver.sync_playwright() as playwright:
        # Only pages of this test run are loaded, and Chromium's own sandbox cannot be set up as root.
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="Europe/Helsinki")
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """An empty page; nothing may go wrong in it unnoticed, nor anything be asked of another host."""
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda told: wrong.append(told.text) if "Security Policy" in told.text else None)
    opened.on("request", lambda asked: wrong.append(asked.url) if "//127.0.0.1:" not in asked.url else None)
    yield opened
    assert wrong == []


@pytest.fixture(scope="package")
def service(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One service without keys for all tests; its address."""
    with serve(tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture
def served(browser: Browser, service: str) -> Iterator[Served]:
    """A service with three messages that need a look; where there is no browser, none is started."""
    running = Served(service, source=f"shop{next(NUMBERS)}")
    for id_, text in TICKETS.items():
        running.put(id_, text)
    yield running
    running.clear()
