"""Two people on one ticket: neither loses what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.toy_review import GAS, LABELS, MACHINE, Served, open_review, says, shows

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser


def clash(page: Page, served: Served, theirs: dict[str, Any]) -> None:
    """Decide on a message that Maija has changed meanwhile."""
    open_review(page, served)
    served.correct("gas", theirs, "Maija")
    page.keyboard.press("q")
    page.keyboard.press("Shift+Digit4")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Somebody else changed the same message").wait_for()


def version(page: Page, group: str, side: str) -> str:
    inside = page.get_by_role("group", name=group, exact=True).locator(f".{side}")
    return inside.inner_text()


def test_two_people_see_both_versions_and_merge_them_by_group(page: Page, served: Served) -> None:
    clash(page, served, {"emotion": "worry", "themes": ["premises"], "urgency": "high"})
    assert version(page, "Themes", "theirs").split("\n") == ["Theirs (Maija)", "Premises and vehicles"]
    assert version(page, "Themes", "mine").split("\n") == ["Yours", "Staff conduct · Delivery and installation"]
    assert version(page, "Emotion", "theirs").split("\n")[-1] == "Worry"
    assert "The same in both: Kind of message" in page.locator("#conflict").inner_text()
    page.get_by_role("group", name="Emotion").get_by_role("radio", name="Theirs (Maija)").check()
    page.get_by_role("group", name="Urgency").get_by_role("radio", name="Theirs (Maija)").check()
    page.get_by_role("button", name="Save the combination").click()
    shows(page, "invoice")
    corrections = served.corrected("gas", 2)
    assert corrections[0]["author"] == "Maija"
    held = served.ticket("gas")["labels"]
    assert held["themes"] == ["staff_conduct", "delivery"]
    assert (held["emotion"], held["urgency"]) == ("worry", "high")


def test_theirs_can_be_taken(page: Page, served: Served) -> None:
    clash(page, served, {"emotion": "worry"})
    page.get_by_role("button", name="Take theirs").click()
    shows(page, "invoice")
    assert served.ticket("gas")["labels"]["emotion"] == "worry"
    served.corrected("gas")


def test_mine_can_be_kept(page: Page, served: Served) -> None:
    clash(page, served, {"emotion": "worry"})
    page.get_by_role("button", name="Keep mine").click()
    shows(page, "invoice")
    served.corrected("gas", 2)
    assert served.ticket("gas")["labels"]["emotion"] == "confusion"


def test_a_merge_that_breaks_a_rule_is_told(page: Page, served: Served) -> None:
    open_review(page, served)
    served.correct("gas", {"kind": "other", "themes": [], "motives": []}, "Maija")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Somebody else changed the same message").wait_for()
    page.get_by_role("group", name="Kind of message").get_by_role("radio", name="Theirs").check()
    page.get_by_role("button", name="Save the combination").click()
    assert "With “Other”, leave empty: Themes." in page.locator("#conflict-problem").inner_text()
    page.get_by_role("button", name="Keep mine").click()
    shows(page, "invoice")


def test_a_conflict_does_not_interrupt_a_decision_that_has_begun(page: Page, served: Served) -> None:
    open_review(page, served)
    served.correct("gas", {"emotion": "worry"}, "Maija")
    held: list[Route] = []
    page.route(LABELS, lambda route: held.append(route))
    page.keyboard.press("Enter")
    shows(page, "invoice")
    page.keyboard.press("q")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    page.locator("#clash").wait_for()
    assert page.get_by_role("checkbox", name="Staff conduct").is_checked()
    page.get_by_role("button", name="Compare now").click()
    page.get_by_role("button", name="Take theirs").click()
    shows(page, "invoice")
    assert page.get_by_role("checkbox", name="Staff conduct").is_checked(), "what was begun is still there"


def test_the_same_decision_of_a_colleague_is_no_conflict(page: Page, served: Served) -> None:
    open_review(page, served)
    served.correct("gas", MACHINE, "Maija")
    page.keyboard.press("Enter")
    shows(page, "invoice")
    says(page, "Somebody else had already decided the same.")
    served.corrected("gas")


def test_a_change_that_is_no_persons_does_not_ask_anybody(page: Page, served: Served) -> None:
    open_review(page, served)
    served.put("gas", GAS, closed_at="2026-11-21T09:30:00+02:00")
    page.keyboard.press("Enter")
    says(page, "Decision saved.")
    served.corrected("gas")


def test_a_text_that_changed_is_shown_before_anything_holds(page: Page, served: Served) -> None:
    open_review(page, served)
    served.put("gas", "The parcel came after all, and the gas is gone.")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Somebody else changed the same message").wait_for()
    assert "The text of the message has changed too." in page.locator("#conflict").inner_text()
    assert "the gas is gone" in page.locator("#conflict blockquote").inner_text()
    assert served.ticket("gas")["corrections"] == []


def test_a_message_that_was_erased_needs_no_decision(page: Page, served: Served) -> None:
    open_review(page, served)
    served.erase("gas")
    page.keyboard.press("Enter")
    page.locator("#problem", has_text="The message has been erased for good").wait_for()
    shows(page, "invoice")


def test_a_colleagues_decision_takes_the_message_away_before_work_is_lost(page: Page, served: Served) -> None:
    page.clock.install()
    open_review_slowly(page, served)
    served.correct("gas", MACHINE, "Maija")
    page.clock.fast_forward(25_000)
    page.get_by_role("heading", name="· invoice").wait_for()
    page.clock.run_for(1_000)
    says(page, "Somebody else has just dealt with the message before this one.")


def open_review_slowly(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/review?ui=en")
    page.get_by_role("heading", name="· gas").wait_for()
