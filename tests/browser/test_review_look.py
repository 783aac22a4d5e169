"""The page `/review` on a phone, on paper, for those who listen, and in four languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.toy_review import GAS, MACHINE, Served, open_review, says, shows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

LANGUAGES = ["fi", "vi", "es", "en"]


def wide(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return width


def test_each_label_has_a_key_of_its_own_that_is_shown_on_it(page: Page, served: Served) -> None:
    open_review(page, served)
    shown = page.locator("#board .choice kbd").all_inner_texts()
    assert len(shown) == len(set(shown)) == page.locator("#board .choice input").count() == 45
    page.keyboard.press("q")
    page.keyboard.press("Shift+Digit3")
    page.keyboard.press("7")
    page.keyboard.press("h")
    assert page.locator("#board .choice:has(:checked)").all_inner_texts() != []
    says(page, "Harm or danger: off")
    assert "Save changes" in page.locator("#save").inner_text()
    page.locator("#reason").fill("Gas is for the network company")
    page.locator("#reason").press("Enter")
    shows(page, "invoice")
    (correction,) = served.corrected("gas")
    assert correction["labels"] == {
        **MACHINE, "themes": ["staff_conduct", "delivery"], "urgency": "normal", "signals": [], "emotion": "worry"
    }  # fmt: skip
    assert correction["reason"] == "Gas is for the network company"


@pytest.mark.parametrize("ui", LANGUAGES)
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page: Page, served: Served, ui: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    open_review(page, served, ui)
    assert wide(page) <= 0
    page.locator("#about-me > summary").click()
    page.locator("#definitions").check()
    assert wide(page) <= 0
    page.locator("#definitions").uncheck()
    served.correct("gas", {"emotion": "worry", "themes": ["premises"], "urgency": "high"}, "M" * 128)
    page.locator("#save").click()
    page.locator("#conflict-title").wait_for()
    assert wide(page) <= 0
    boxes = [box.bounding_box() for box in page.locator("#conflict .pair").first.locator(".choice").all()]
    assert boxes[0]
    assert boxes[1]
    assert (boxes[0]["y"] == boxes[1]["y"]) == (width > 360), "side by side where there is room"


def test_fingers_find_what_they_aim_at(browser: Browser, served: Served) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{served.url}/review?ui=en")
    page.get_by_role("heading", name="· gas").wait_for()
    for each in page.locator("#board .choice, .actions button:visible").all():
        box = each.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
    assert page.locator("kbd:visible").count() == 0, "a phone has no keys to show"
    page.get_by_text("Staff conduct").tap()
    assert page.get_by_role("checkbox", name="Staff conduct").is_checked()
    context.close()


def test_everything_is_named_for_those_who_listen(page: Page, served: Served) -> None:
    open_review(page, served)
    heard = page.locator("body").aria_snapshot()
    assert re.search(r'group "Urgency":', heard)
    assert page.evaluate("document.activeElement.id") == "ticket-title"
    described = page.get_by_role("checkbox", name="Harm or danger").get_attribute("aria-describedby")
    assert described
    told = page.evaluate("id => document.getElementById(id).textContent", described.split()[0])
    assert told == "the model’s choice, 88% certain “gas”"
    for control in page.locator("button:visible, input:visible, select:visible").all():
        assert control.evaluate("each => (each.labels?.length ?? 0) > 0 || each.innerText.trim() !== ''")
    assert page.locator("#status").get_attribute("role") == "status"
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))


def test_the_focus_goes_in_reading_order(page: Page, served: Served) -> None:
    open_review(page, served)
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached.index("kind/complaint") < reached.index("themes/staff_conduct") < reached.index("urgency/critical")


def test_on_paper_there_are_the_message_and_its_labels_alone(page: Page, served: Served) -> None:
    open_review(page, served)
    page.emulate_media(media="print")
    for hidden in (".actions", "#about-me", ".reason", "nav", ".bar-top"):
        assert page.locator(hidden).first.is_hidden(), hidden
    for seen in ("#message blockquote", "#ticket-urgency", "#board"):
        assert page.locator(seen).is_visible(), seen


@pytest.mark.parametrize("media", [{"color_scheme": "dark"}, {"forced_colors": "active"}])
def test_what_is_chosen_stands_out_in_every_scheme(page: Page, served: Served, media: Any) -> None:
    page.emulate_media(**media)
    open_review(page, served)
    border = "each => getComputedStyle(each).borderTopColor"
    chosen = page.locator("#board .choice:has(:checked)").first.evaluate(border)
    other = page.locator("#board .choice:not(:has(:checked))").first.evaluate(border)
    assert chosen != other


def test_the_words_are_told_in_each_language(page: Page, served: Served) -> None:
    seen = set()
    for ui in LANGUAGES:
        open_review(page, served, ui)
        assert page.locator("html").get_attribute("lang") == ui
        seen.add(page.locator("main").inner_text().replace(GAS, ""))
    assert len(seen) == 4
    assert not any(re.search(r"undefined|NaN|\{\w+\}", each) for each in seen)
