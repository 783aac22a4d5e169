"""A page of the reports that is refused, in every language: it fits a phone, everyone can read it, it leads on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from service.reports.tongue import LANGUAGES
from tests.browser.test_reports import serve
from tests.browser.test_reports_pages import grave

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def reports(browser: Browser) -> Iterator[str]:
    with serve() as url:
        yield url


@pytest.mark.parametrize("ui", LANGUAGES)
def test_a_refused_page_in_every_language(page: Page, reports: str, ui: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    answer = page.goto(f"{reports}/reports/compare?from=yesterday&lang=fi&ui={ui}")
    assert answer is not None
    assert answer.status == 422
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.evaluate("document.documentElement.lang") == ui
    assert page.get_by_role("alert").is_visible()
    assert page.locator(".filter form").is_visible(), "where it can be mended"
    assert answer.headers["x-request-id"] in page.locator("main").inner_text()
    assert grave(page) == []
    page.locator(".filter .act a").click()
    page.wait_for_url(f"**/reports/compare?ui={ui}")
    assert page.get_by_role("alert").count() == 0
