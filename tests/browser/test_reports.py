"""The reports in a browser: narrow and wide, by keyboard, in the dark, on paper, and behind a key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from service.app import create_app
from service.keys import edit_keys, issue
from tests.browser.serving import serving
from tests.service.conftest import settings
from tests.service.dummy_engine import DummyEngine
from tests.service.reports.toy_site import TAXONOMY, give_tickets, quarters

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser


@contextmanager
def serve(**changes: Any) -> Iterator[str]:
    """Serve reports of tickets out of thin air; gives the address."""
    app = create_app(DummyEngine(taxonomy=TAXONOMY), settings(**changes))
    give_tickets(app, quarters())
    with serving(app) as url:
        yield url


@pytest.fixture(scope="module")
def reports(browser: Browser) -> Iterator[str]:
    with serve() as url:
        yield url


@pytest.fixture(autouse=True)
def _patient(context: BrowserContext) -> None:
    context.set_default_timeout(60_000)  # charts are drawn when they are first seen


@pytest.mark.parametrize("ui", ["fi", "vi", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page: Page, reports: str, ui: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{reports}/reports?ui={ui}", wait_until="domcontentloaded")
    for each in page.locator("details > summary").all():
        each.click()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    shown = page.locator("figure img").first
    shown.evaluate("image => image.decode()")
    assert ("narrow=1" in shown.evaluate("image => image.currentSrc")) == (width == 360)


def test_the_form_is_used_by_keyboard(page: Page, reports: str) -> None:
    page.goto(f"{reports}/reports?ui=en", wait_until="domcontentloaded")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(".filter > summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Language", exact=True).select_option("fi")
    page.get_by_role("button", name="Show").press("Enter")
    page.wait_for_url("**lang=fi**")
    assert "Finnish" in page.locator(".head").inner_text()
    assert "channel=" not in page.url
    page.get_by_role("link", name="Delivery and installation").first.click()
    page.wait_for_url("**theme=delivery**")
    assert "lang=fi" in page.url


def test_in_the_dark_charts_are_light(page: Page, reports: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{reports}/reports?ui=en", wait_until="domcontentloaded")
    assert "invert" in page.locator("figure img").first.evaluate("image => getComputedStyle(image).filter")


def test_on_paper_there_are_tables_and_nothing_to_press(page: Page, reports: str) -> None:
    page.goto(f"{reports}/reports?ui=en", wait_until="domcontentloaded")
    page.emulate_media(media="print")
    for hidden in (".menu", ".filter", ".files", "nav"):
        assert page.locator(hidden).first.is_hidden(), hidden
    assert page.locator("h1").is_visible()
    assert page.locator(".lead").is_visible()


def test_a_key_is_entered_once(page: Page, browser: Browser, tmp_path: Path) -> None:
    key, shown = issue("boss", ["reports"], now=datetime.now(UTC))
    with edit_keys(tmp_path / "keys.json") as keys:
        keys.append(key)
    with serve(keys=tmp_path / "keys.json") as url:
        page.goto(f"{url}/reports?lang=fi&ui=en", wait_until="domcontentloaded")
        page.get_by_label("API key").fill("mistyped")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        page.get_by_label("API key").fill(shown)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Overview").wait_for()
        assert page.url.endswith("/reports?lang=fi&ui=en")
        page.locator("figure img").first.evaluate("image => image.decode()")
        assert page.evaluate("document.cookie") == "", "no script can read it"
        page.get_by_role("button", name="Log out").click()
        page.get_by_label("API key").wait_for()
        page.goto(f"{url}/reports?ui=en", wait_until="domcontentloaded")
        assert page.get_by_label("API key").is_visible()
