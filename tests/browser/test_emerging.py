"""Groups that fit no theme, decided on in a browser: by keyboard, heard of, and without a script at least read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.toy_reports import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

FOCUSED = "document.activeElement.tagName + ': ' + document.activeElement.textContent"


@pytest.fixture(scope="module")
def reports(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("reports"), groups=4) as url:
        yield f"{url}/reports/emerging?ui=en"


def titles(page: Page) -> list[str]:
    return page.locator("#groups h2").all_inner_texts()


def group(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def outcome(page: Page, told: str) -> str:
    """Wait until the page says what became of a decision; returns where the focus is then."""
    page.get_by_role("status").get_by_text(told).wait_for()
    focused: str = page.evaluate(FOCUSED)
    return focused


def test_groups_are_named_merged_and_dismissed_and_work_goes_on(page: Page, reports: str) -> None:
    page.goto(reports)
    first, second, third, fourth = titles(page)
    page.locator("#about-me > summary").click()
    page.get_by_label("Your name").fill("Aino")

    group(page, first).get_by_label("English").fill("Wasp nests")
    page.keyboard.press("Enter")
    assert outcome(page, "The group was named.") == "H2: Wasp nests"
    assert page.get_by_label("Your name").input_value() == "Aino"

    merged = group(page, second)
    merged.get_by_label("Merge into").select_option(label="Wasp nests")
    merged.get_by_role("button", name="Merge").press("Enter")
    assert outcome(page, "The groups were merged.") == "H2: Wasp nests"

    group(page, third).get_by_role("button", name="Dismiss").press("Enter")
    assert outcome(page, "The group was dismissed.") == f"H2: {fourth}", "the next one"
    assert sorted(titles(page)) == sorted(["Wasp nests", fourth])

    page.get_by_text("Dismissed", exact=True).click()
    page.get_by_role("button", name=f"Open again: {third}").press("Enter")
    assert outcome(page, "The group is open again.") == f"H2: {third}"


def test_what_was_refused_is_told_and_stays_as_it_was_written(page: Page, reports: str) -> None:
    page.goto(reports)
    before = titles(page)
    form = page.locator("form.decide").first
    form.get_by_label("Finnish").fill("123")
    form.get_by_label("English").fill("")
    form.get_by_role("button").press("Enter")
    page.get_by_role("alert").get_by_text("This could not be done").wait_for()
    assert form.get_by_label("Finnish").input_value() == "123"
    assert page.get_by_role("status").inner_text() == ""
    assert titles(page) == before


def test_without_a_script_groups_are_read_and_the_page_says_what_deciding_needs(browser: Browser, reports: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports)
    assert "let this page run scripts" in page.locator("noscript p:visible").inner_text()
    assert page.locator("blockquote").first.is_visible()
    assert page.locator("form.decide:visible, #about-me:visible").count() == 0
    context.close()
