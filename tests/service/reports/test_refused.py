"""Pages of the reports that are refused: a person gets a page in their language, a program the problem."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.errors import (
    Internal,
    NotReady,
    Overloaded,
    Problem,
    RateLimited,
    ShuttingDown,
    StoreFailed,
    StoreFull,
    TooSlow,
)
from service.reports.tongue import Tongue
from service.reports.web import desk as desks
from service.reports.web import site as sites
from service.reports.web.refused import tell
from tests.service.conftest import Start
from tests.service.dummy_engine import DummyEngine
from tests.service.reports.toy_site import TAXONOMY, give_tickets, quarters
from tests.service.toy_keys import maker

PAGE = {"accept": "text/html,application/xhtml+xml,image/avif,*/*;q=0.8"}
TWO = ("fi", "en")
SECRET = "<script>alert(1)</script>"


@pytest.fixture
def site(start: Start) -> TestClient:
    client = start(DummyEngine(taxonomy=TAXONOMY))
    give_tickets(client.app, quarters(60))  # type: ignore[arg-type]
    return client


def said(client: TestClient, address: str, status: int, ui: str, code: str) -> str:
    """What a person reads; a program is told the same as a problem."""
    asked = f"{address}{'&' if '?' in address else '?'}ui={ui}"
    page = client.get(asked, headers=PAGE)
    assert page.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-language"] == ui
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-frame-options"] == "DENY"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    text = unescape(page.text)
    assert f'<html lang="{ui}">' in text
    assert '<link rel="stylesheet" href="/static/reports/reports.css">' in text
    assert f"<code>{page.headers['x-request-id']}</code>" in text
    assert re.findall(r"<h1>(.+)</h1>", text) == re.findall(r"<title>(.+) · Reclamo</title>", text)
    assert ("retry-after" in page.headers) == ("refresh" in page.headers)
    assert text.count(f'hreflang="{ui}" aria-current="true"') == 1

    for headers in ({"accept": "application/json"}, {"accept": "image/avif,image/*,*/*;q=0.8"}):
        program = client.get(asked, headers=headers)
        assert program.status_code == status
        assert program.headers["content-type"] == "application/problem+json"
        assert program.json()["type"] == f"urn:reclamo:problem:{code}"
        assert program.headers.get("retry-after") == page.headers.get("retry-after")
        assert "refresh" not in program.headers
    return text


def told(problem: Problem, ui: str) -> str:
    return tell(problem, Tongue(ui, TAXONOMY))[0].removesuffix(".")


@pytest.mark.parametrize("ui", TWO)
@pytest.mark.parametrize(
    ("wrong", "field"),
    [("from=yesterday", "from"), ("to=9999-12-31", "to"), ("theme=%00", "theme"), (f"theme={SECRET}", "theme")],
)
def test_a_wrong_part_of_the_address_is_named_and_not_repeated(
    site: TestClient, ui: str, wrong: str, field: str
) -> None:
    page = said(site, f"/reports/compare?channel=chat&{wrong}", 422, ui, "invalid-fields")
    assert f"<li><code>{field}</code>: " in page
    assert SECRET not in page
    assert ("is not a day" in page) == (ui == "en" and field != "theme")
    assert f'href="/reports/compare?ui={ui}"' in page, "the page without the filter"
    assert 'value="chat" selected' in page, "what could be used stays in the form"
    assert "<figure>" not in page, "figures of other tickets would mislead"
    file = said(site, f"/reports/compare.pdf?{wrong}", 404, ui, "not-found")
    assert f"<li><code>{field}</code>: " in file
    assert f'href="/reports/compare?ui={ui}"' in file


@pytest.mark.parametrize("ui", TWO)
def test_dates_in_the_wrong_order_are_told_of(site: TestClient, ui: str) -> None:
    page = said(site, "/reports?from=2026-03-01&to=2026-02-01", 422, ui, "invalid-fields")
    assert "<li><code>from, to</code>: " in page


@pytest.mark.parametrize("ui", TWO)
@pytest.mark.parametrize(
    "address", ["/reports/nothing", "/reports/", "/reports/overview/no.svg", "/reports/a/b/c", f"/reports/{SECRET}"]
)
def test_what_is_not_there_has_a_page(site: TestClient, ui: str, address: str) -> None:
    page = said(site, address, 404, ui, "not-found")
    assert f'href="/reports/compare?ui={ui}"' in page
    assert ('aria-current="page"' in page) == ("/overview/" in address), "it stands at none of the reports"
    assert SECRET not in page


@pytest.mark.parametrize("ui", TWO)
def test_a_page_says_when_it_tries_again(site: TestClient, ui: str) -> None:
    site.app.state.desk._books.ready = False  # type: ignore[attr-defined]
    page = said(site, "/reports/compare?channel=chat", 503, ui, "unavailable")
    assert " 5 " in page.partition('class="notice"')[2]
    assert f'<a href="/reports/compare?channel=chat&ui={ui}">' in page


@pytest.mark.parametrize("ui", TWO)
@pytest.mark.parametrize(
    ("refusal", "wait"),
    [
        (lambda: Overloaded("busy"), "5"),
        (lambda: RateLimited("busy", retry_after=40), "40"),
        (lambda: TooSlow("late", retry_after=30), "30"),
        (lambda: StoreFailed("lost"), "5"),
        (lambda: StoreFull("full"), "5"),
        (lambda: NotReady("soon"), "5"),
        (lambda: ShuttingDown("bye"), "5"),
        (lambda: Internal(), None),
    ],
)
def test_whatever_fails_has_a_page(
    site: TestClient, ui: str, refusal: Callable[[], Problem], wait: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise refusal()

    monkeypatch.setattr(desks.Desk, "show", fail)
    made = refusal()
    page = said(site, "/reports", made.status, ui, made.code)
    assert f"<h1>{told(made, ui)}</h1>" in page
    assert site.get("/reports", headers=PAGE).headers.get("refresh") == wait
    assert f'<a href="/reports?ui={ui}">' in page.partition('class="notice"')[2], "to try again"


def test_a_failure_that_nobody_foresaw_tells_nothing_of_itself(
    site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("secret words")

    monkeypatch.setattr(desks.Desk, "show", fail)
    assert "secret words" not in said(site, "/reports", 500, "en", "internal")
    monkeypatch.setattr(sites, "tell", fail)  # the page of the refusal fails too
    response = site.get("/reports", headers=PAGE)
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")


@pytest.mark.parametrize("ui", TWO)
def test_missing_software_is_named(site: TestClient, ui: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    page = said(site, "/reports/overview.pdf?channel=phone", 501, ui, "not-installed")
    assert "apt install libpango-1.0-0" in page


@pytest.mark.parametrize("ui", TWO)
def test_without_a_store_there_is_nothing_to_report(client: TestClient, ui: str) -> None:
    assert "RECLAMO_STORE=sqlite" in said(client, "/reports", 404, ui, "no-store")


def test_the_language_is_the_browsers_and_another_shows_the_same(site: TestClient) -> None:
    page = site.get("/reports?from=x%22y&lang=fi", headers={**PAGE, "accept-language": "vi-VN,en;q=0.5"})
    assert page.headers["content-language"] == "vi"
    assert {"Accept", "Accept-Language"} <= set(page.headers["vary"].split(", "))
    assert 'href="/reports?from=x%22y&lang=fi&ui=es"' in unescape(page.text)


def test_other_addresses_keep_their_problems(site: TestClient) -> None:
    for address in ("/v1/reports/nothing", "/v1/reports/overview?from=x", "/nothing", "/reportsx"):
        kind = site.get(address, headers=PAGE).headers["content-type"]
        assert kind == "application/problem+json", address


def test_whoever_is_not_let_in_sees_no_names_of_channels(start: Start, tmp_path: Path) -> None:
    maker(tmp_path / "keys.json", "admin")
    client = start(DummyEngine(taxonomy=TAXONOMY), keys=tmp_path / "keys.json")
    give_tickets(client.app, quarters(60))  # type: ignore[arg-type]
    page = client.get("/reports?from=x", headers={**PAGE, "x-api-key": "rcl_nothing"})
    assert (page.status_code, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert "WWW-Authenticate" in page.headers
    assert "phone" not in page.text
    assert "does not open this service" in page.text
