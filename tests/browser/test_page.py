"""The page `/` in a real browser: a message is pasted, and its answer drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.toy_review import GAS, Served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_message_is_answered_with_its_evidence_marked(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/?ui=en")
    page.get_by_label("Customer’s message").fill(GAS)
    page.get_by_label("Customer’s message").press("Control+Enter")
    page.get_by_text("answer within 1 hour").wait_for()
    assert page.locator("#answer mark").all_inner_texts() == ["gas", "parcel"], "offsets count code points"
    page.locator("#answer li", has_text="Harm or danger").hover()
    assert page.locator("#answer mark.pointed").all_inner_texts() == ["gas"]
    assert page.locator("#reads").inner_text() == "Finnish, Vietnamese, Spanish, and English"


def test_an_example_is_answered_and_the_review_page_is_near(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/?ui=fi")
    page.locator("button.example").first.click()
    page.locator("#answer-title").wait_for()
    assert page.locator("#text").input_value()
    page.get_by_role("link", name="Tarkistettavat viestit").click()
    page.get_by_role("heading", name="Tarkistettavat viestit").wait_for()
