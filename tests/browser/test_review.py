"""The page `/review` as people work with it, in a real browser, with the real routes and store behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service.keys import edit_keys, issue
from tests.browser.toy_review import GAS, INVOICE, LABELS, MACHINE, PARCEL, Served, open_review, says, serve, shows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route

pytestmark = pytest.mark.browser


def test_the_most_pressing_message_comes_first_with_what_the_model_says(page: Page, served: Served) -> None:
    open_review(page, served)
    assert page.locator("#message blockquote").inner_text() == GAS
    assert page.locator("#message mark").all_inner_texts() == ["gas", "parcel"], "offsets count code points"
    assert "answer within 1 hour" in page.locator("#ticket-urgency").inner_text()
    doubts = page.locator("#message .notice").inner_text()
    assert "The model is not sure of its answer." in doubts
    assert "Least sure of: What the customer wants (55%)" in doubts
    assert page.locator("#board .choice:has(:checked)").count() == 6
    assert page.locator("#board .choice", has_text="Harm or danger").locator(".percent").inner_text() == "88%"
    assert page.locator("#board .choice:has(.possible)").inner_text().startswith("Returns and refunds")
    assert page.locator("#count").inner_text() == "Waiting: 3"


def test_enter_confirms_what_the_model_says_of_every_group(page: Page, served: Served) -> None:
    open_review(page, served)
    assert "Confirm" in page.locator("#save").inner_text()
    page.keyboard.press("Enter")
    shows(page, "invoice")
    (correction,) = served.corrected("gas")
    assert correction["labels"] == MACHINE
    assert served.ticket("gas")["judged"]
    says(page, "Decision saved.")
    page.keyboard.press("Enter")
    shows(page, "parcel")


def test_a_second_enter_does_not_confirm_what_nobody_read(page: Page, served: Served) -> None:
    open_review(page, served)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    shows(page, "invoice")
    served.corrected("gas")
    assert served.ticket("invoice")["corrections"] == []


def test_keys_stay_with_the_field_that_is_typed_in_and_can_be_switched_off(page: Page, served: Served) -> None:
    open_review(page, served)
    page.locator("#reason").press("q")
    assert not page.get_by_role("checkbox", name="Staff conduct").is_checked()
    page.get_by_text("Settings", exact=True).click()
    page.get_by_role("checkbox", name="Keyboard shortcuts").uncheck()
    page.locator("body").press("q")
    assert not page.get_by_role("checkbox", name="Staff conduct").is_checked()
    assert page.locator("#board kbd:visible").count() == 0


def test_escape_goes_back_to_what_the_model_says(page: Page, served: Served) -> None:
    open_review(page, served)
    page.keyboard.press("q")
    page.keyboard.press("Escape")
    assert not page.get_by_role("checkbox", name="Staff conduct").is_checked()
    assert "Confirm" in page.locator("#save").inner_text()


def test_labels_that_do_not_go_together_are_told_before_anything_is_sent(page: Page, served: Served) -> None:
    open_review(page, served)
    page.keyboard.press("i")
    page.keyboard.press("Enter")
    problem = page.locator("#problem-themes")
    problem.wait_for()
    assert problem.inner_text() == "With “Complaint”, at least one label is needed: Themes."
    assert page.get_by_role("group", name="Themes").get_attribute("aria-describedby") == "problem-themes"
    assert page.evaluate("document.activeElement.name") == "themes"
    page.keyboard.press("w")
    assert problem.is_hidden()
    page.keyboard.press("Enter")
    shows(page, "invoice")
    assert served.corrected("gas")[0]["labels"]["themes"] == ["equal_treatment"]


def test_undo_takes_the_decision_back_and_keeps_what_was_chosen(page: Page, served: Served) -> None:
    open_review(page, served)
    page.keyboard.press("q")
    page.keyboard.press("Enter")
    shows(page, "invoice")
    served.corrected("gas")
    says(page, "Decision saved.")
    page.keyboard.press("Backspace")
    shows(page, "gas")
    says(page, "Undone.")
    assert page.get_by_role("checkbox", name="Staff conduct").is_checked()
    assert served.ticket("gas")["judged"] is False
    served.corrected("gas", 2)
    page.keyboard.press("Enter")
    shows(page, "invoice")
    served.corrected("gas", 3)


def test_undo_works_after_the_page_was_loaded_again(page: Page, served: Served) -> None:
    open_review(page, served)
    page.keyboard.press("Enter")
    says(page, "Decision saved.")
    page.reload()
    shows(page, "invoice")
    page.keyboard.press("Backspace")
    shows(page, "gas")
    assert served.ticket("gas")["judged"] is False


def test_what_a_colleague_changed_since_is_not_undone_unseen(page: Page, served: Served) -> None:
    open_review(page, served)
    page.keyboard.press("Enter")
    says(page, "Decision saved.")
    served.correct("gas", {"emotion": "worry"}, "Maija")
    page.keyboard.press("Backspace")
    shows(page, "gas")
    assert "nothing was undone" in page.locator("#problem").inner_text()
    assert page.get_by_role("radio", name="Worry").is_checked()
    assert served.ticket("gas")["judged"] is True


def test_a_skipped_message_comes_back_with_what_was_begun(page: Page, served: Served) -> None:
    open_review(page, served)
    page.keyboard.press("q")
    for after in ("invoice", "parcel"):
        page.keyboard.press("ArrowRight")
        shows(page, after)
    page.keyboard.press("ArrowRight")
    page.get_by_role("heading", name="Nothing is left to review").wait_for()
    page.get_by_role("button", name="Show the skipped ones (3)").click()
    shows(page, "gas")
    assert page.get_by_role("checkbox", name="Staff conduct").is_checked()


def test_a_decision_waits_out_a_network_that_fails(page: Page, served: Served) -> None:
    open_review(page, served)
    keys: list[str | None] = []
    fails = True

    def fail(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        route.abort() if fails else route.continue_()

    page.route(LABELS, fail)
    page.keyboard.press("Enter")
    shows(page, "invoice")
    unsent = page.locator("#unsent")
    unsent.wait_for()
    assert "Not sent yet: 1. Nothing is lost" in unsent.inner_text()
    page.keyboard.press("Enter")
    shows(page, "parcel")
    page.locator("#unsent", has_text="Not sent yet: 2").wait_for()
    assert served.ticket("gas")["corrections"] == []
    fails = False
    # The desk tries again by itself, and may be first: then there is nothing left to press.
    page.get_by_role("button", name="Try now", include_hidden=True).dispatch_event("click")
    unsent.wait_for(state="hidden")
    says(page, "Decision saved.")
    page.wait_for_timeout(1_000)
    served.corrected("gas")
    served.corrected("invoice")
    assert len(set(keys)) == 2, "one for each decision"
    assert len(keys) > 2


def eventually(page: Page, holds: Callable[[], bool]) -> None:
    """Let the page's handlers go on until something holds, for ten seconds at the most."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)


def test_a_decision_whose_answer_was_lost_counts_once(page: Page, served: Served) -> None:
    open_review(page, served)
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort()

    page.route(LABELS, lose)
    page.keyboard.press("Enter")
    says(page, "Decision saved.")
    eventually(page, lambda: bool(lost))  # on a busy machine the page may know before this handler has gone on
    assert set(lost) == {200}
    served.corrected("gas")


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_service_that_fails_is_asked_again(page: Page, served: Served, status: int) -> None:
    open_review(page, served)
    failed: list[int] = []

    def fail(route: Route) -> None:
        if failed:
            route.continue_()
        else:
            failed.append(status)
            route.fulfill(
                status=status, headers={"Retry-After": "1"}, content_type="application/problem+json", body="{}"
            )

    page.route(LABELS, fail)
    page.keyboard.press("Enter")
    says(page, "Decision saved.")
    served.corrected("gas")


def test_the_page_is_not_closed_over_a_decision_that_was_not_sent(page: Page, served: Served) -> None:
    open_review(page, served)
    page.route(LABELS, lambda route: route.abort())
    page.keyboard.press("Enter")
    page.locator("#unsent").wait_for()
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    with page.expect_event("close"):
        page.close(run_before_unload=True)
    assert asked == ["beforeunload"]


def test_what_was_not_sent_is_undone_without_asking_the_service(page: Page, served: Served) -> None:
    open_review(page, served)
    page.route(LABELS, lambda route: route.abort())
    page.keyboard.press("Enter")
    shows(page, "invoice")
    page.keyboard.press("Enter")
    shows(page, "parcel")
    page.keyboard.press("Backspace")
    shows(page, "invoice")
    page.locator("#unsent", has_text="Not sent yet: 1").wait_for()


def test_nothing_of_a_message_is_kept_in_the_browser(page: Page, context: BrowserContext, served: Served) -> None:
    open_review(page, served)
    page.keyboard.press("q")
    page.keyboard.press("Enter")
    says(page, "Decision saved.")
    kept: dict[str, str] = page.evaluate("({...sessionStorage})")
    assert list(kept) == ["reclamo-undo"]
    assert not re.search("smell|parcel|staff_conduct|delivery", kept["reclamo-undo"])
    assert page.evaluate("localStorage.length") == 0
    assert context.cookies() == []
    assert page.evaluate("indexedDB.databases()") == []


def test_a_hostile_message_is_text(page: Page, served: Served) -> None:
    text = "<img src=x onerror=alert(1)> </script><script>alert(1)</script> gas javascript:alert(1) parcel"
    served.put("gas", text)
    open_review(page, served)
    assert page.locator("#message blockquote").inner_text() == text
    assert page.locator("#message img, #message script").count() == 0


def test_the_list_can_be_had_in_one_language(page: Page, served: Served) -> None:
    served.put("gaasu", "Haisee kaasulle, ja paketti on hukassa", language="fi")
    open_review(page, served)
    page.get_by_label("Language of the messages").select_option("fi")
    shows(page, "gaasu")
    assert page.locator("#message blockquote").get_attribute("lang") == "fi"
    assert page.locator("#count").inner_text() == "Waiting: 1"


def test_with_keys_the_page_asks_for_one_that_may_correct_labels(browser: Browser, page: Page, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    made = {}
    with edit_keys(tmp_path / "keys.json") as records:
        for name, scopes in (("desk", ("label",)), ("shop", ("tickets",))):
            record, made[name] = issue(name, scopes, now=now)  # type: ignore[arg-type]
            records.append(record)
    with serve(tmp_path, keys=tmp_path / "keys.json") as url:
        served = Served(url, made["shop"])
        served.put("gas", GAS)
        page.goto(f"{served.url}/review?ui=en")
        page.get_by_role("heading", name="Please give a key first").wait_for()
        field = page.get_by_label("API key")
        assert field.is_visible()
        field.fill(made["shop"])
        field.press("Enter")
        page.get_by_role("heading", name="This key may not review messages").wait_for()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(1_500)
        assert asked == [], "a key that was refused is not tried again by itself: that would lock its address out"
        field.fill(made["desk"])
        field.press("Enter")
        shows(page, "gas")
        assert page.evaluate("({...sessionStorage})") == {"reclamo-key": made["desk"]}
        page.locator("#save").click()
        served.corrected("gas")
        assert served.ticket("gas")["corrections"][0]["author"] == "desk"
        served.clear()


def test_without_a_store_the_page_says_so(page: Page, tmp_path: Path) -> None:
    with serve(tmp_path, store=None) as url:
        page.goto(f"{url}/review?ui=en")
        page.get_by_role("heading", name="This service keeps no messages").wait_for()


def test_the_queue_goes_by_urgency_and_then_by_what_teaches_most(page: Page, served: Served) -> None:
    open_review(page, served)
    for after, text in (("invoice", INVOICE), ("parcel", PARCEL)):
        page.keyboard.press("Enter")
        shows(page, after)
        assert page.locator("#message blockquote").inner_text() == text
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Nothing is left to review").wait_for()
