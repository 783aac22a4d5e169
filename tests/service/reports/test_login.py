"""Reading reports in a browser where there are keys."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.keys import edit_keys
from service.reports.web.login import own_address
from service.sessions import COOKIE
from tests.service.conftest import Start
from tests.service.dummy_engine import DummyEngine
from tests.service.reports.toy_site import TAXONOMY, give_tickets, quarters
from tests.service.toy_keys import Make, maker

PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def make(path: Path) -> Make:
    return maker(path, "admin")


@pytest.fixture
def browser(start: Start, path: Path, make: Make) -> TestClient:
    client = start(DummyEngine(taxonomy=TAXONOMY), keys=path)
    client.follow_redirects = False
    client.app.state.keeper.ring._clock = count(10**9).__next__  # type: ignore[attr-defined]  # it looks each time
    give_tickets(client.app, quarters(60))  # type: ignore[arg-type]
    return client


def enter(browser: TestClient, key: str, wanted: str = "/reports", **headers: str) -> tuple[int, str, str]:
    response = browser.post("/reports/login?ui=en", data={"key": key, "next": wanted}, headers=headers)
    return response.status_code, response.headers.get("location", ""), response.text


def test_a_browser_is_led_to_the_form_and_back(browser: TestClient, make: Make) -> None:
    response = browser.get("/reports?lang=fi&ui=en", headers=PAGE)
    assert (response.status_code, response.headers["location"]) == (
        303, "/reports/login?next=%2Freports%3Flang%3Dfi%26ui%3Den",
    )  # fmt: skip
    form = browser.get(response.headers["location"])
    assert form.status_code == 200
    assert 'value="/reports?lang=fi&amp;ui=en"' in form.text
    assert form.headers["referrer-policy"] == "same-origin", "or browsers hide where the form was sent from"
    key = make("boss", "reports")
    entered = browser.post("/reports/login", data={"key": f" {key} ", "next": "/reports?lang=fi&ui=en"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/reports?lang=fi&ui=en")
    cookie = entered.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/reports", "max-age=43200"))
    assert "secure" not in cookie
    assert key.lower() not in cookie
    page = browser.get("/reports?lang=fi&ui=en", headers=PAGE)
    assert page.status_code == 200
    assert "Log out" in page.text
    assert browser.get("/reports/overview/volume.csv").status_code == 200


def test_over_tls_the_cookie_keeps_to_it(start: Start, path: Path, make: Make) -> None:
    key = make("boss", "reports")
    app = start(DummyEngine(taxonomy=TAXONOMY), keys=path).app
    client = TestClient(app, base_url="https://testserver", follow_redirects=False)
    entered = client.post("/reports/login", data={"key": key})
    assert "Secure" in entered.headers["set-cookie"]


def test_only_a_right_key_for_reports_opens(browser: TestClient, make: Make) -> None:
    assert enter(browser, make("shop", "classify"))[0] == 403
    status, _, page = enter(browser, "rcl_nothing")
    assert status == 401
    assert "does not open this service" in page
    assert "rcl_nothing" not in page
    assert enter(browser, "")[0] == 401
    assert COOKIE not in browser.cookies


def test_guessing_locks_an_address_out(start: Start, path: Path, make: Make) -> None:
    browser = start(keys=path, key_failures=2)
    assert [enter(browser, f"guess {number}")[0] for number in range(4)] == [401, 401, 429, 429]


def test_a_key_that_used_up_its_minute_is_not_called_wrong(start: Start, path: Path, make: Make) -> None:
    key = make("boss", "reports", requests_per_minute=1)
    client = start(keys=path, key_failures=2)
    client.follow_redirects = False
    assert enter(client, key)[0] == 303
    status, _, page = enter(client, key)
    assert (status, "as many requests as it may" in page, "wrong" in page) == (429, True, False)
    assert "Too many wrong keys" in [enter(client, f"guess {number}")[2] for number in range(3)][-1]


def test_a_session_reads_reports_and_nothing_else(browser: TestClient, make: Make) -> None:
    enter(browser, make("boss", "reports", "tickets"))
    token = browser.cookies[COOKIE]
    browser.cookies.clear()
    cookie = {"cookie": f"{COOKIE}={token}"}
    assert browser.get("/reports", headers=cookie).status_code == 200
    for address in ("/v1/reports", "/v1/tickets", "/metrics", "/v1/models"):
        assert browser.get(address, headers=cookie).status_code == 401, address
    for method in ("POST", "DELETE", "PUT"):
        assert browser.request(method, "/reports", headers=cookie).status_code == 401, method


def test_without_a_session_programs_are_told_so(browser: TestClient, make: Make) -> None:
    assert browser.get("/reports").status_code == 401
    assert browser.get("/reports/overview/volume.svg", headers={"accept": "image/*"}).status_code == 401
    assert browser.get("/v1/reports", headers=PAGE).status_code == 401
    bearer = {"authorization": f"Bearer {make('boss', 'reports')}"}
    assert browser.get("/reports", headers=bearer).status_code == 200
    assert browser.get("/v1/reports", headers=bearer).status_code == 200
    assert browser.get("/v1/reports", headers={"x-api-key": make("shop", "classify")}).status_code == 403


def test_a_revoked_key_ends_its_session(browser: TestClient, path: Path, make: Make) -> None:
    enter(browser, make("boss", "reports"))
    assert browser.get("/reports", headers=PAGE).status_code == 200
    with edit_keys(path) as keys:
        keys[:] = [key for key in keys if key.name != "boss"]
    assert browser.get("/reports", headers=PAGE).status_code == 303


def test_leaving_ends_the_session_itself(browser: TestClient, make: Make) -> None:
    enter(browser, make("boss", "reports"))
    token = browser.cookies[COOKIE]
    gone = browser.post("/reports/login", data={"leave": "1"})
    assert gone.headers["location"] == "/reports/login"
    browser.cookies.clear()
    assert browser.get("/reports", headers={**PAGE, "cookie": f"{COOKIE}={token}"}).status_code == 303


def test_another_site_can_neither_log_in_nor_out(browser: TestClient, make: Make) -> None:
    key = make("boss", "reports")
    assert enter(browser, key, **{"sec-fetch-site": "cross-site"})[0] == 403
    assert enter(browser, key, origin="http://evil.example")[0] == 403
    assert COOKIE not in browser.cookies


def test_a_link_in_another_page_finds_the_session(browser: TestClient) -> None:
    """The browser keeps a strict cookie back then; the form's page goes on to where it comes along."""
    form = browser.get("/reports/login?next=/reports", headers={"sec-fetch-site": "cross-site"})
    assert '<meta http-equiv="refresh" content="0;url=/reports">' in form.text
    assert "http-equiv" not in browser.get("/reports/login?next=/reports").text


def test_a_form_too_large_is_refused(browser: TestClient) -> None:
    assert browser.post("/reports/login", content="key=" + "x" * 5_000).status_code == 413
    assert (
        browser.post("/reports/login", content="&".join(f"{letter}=1" for letter in "abcdefghijkl")).status_code == 400
    )
    assert browser.post("/reports/login", content=b"key=\xff\xfe%00").status_code == 401


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/reports", "/reports"),
        ("/reports/compare?lang=fi", "/reports/compare?lang=fi"),
        ("//evil.example/reports", "/reports"),
        ("https://evil.example/reports", "/reports"),
        ("/reports\\evil", "/reports"),
        ("/reports\r\nSet-Cookie: a=b", "/reports"),
        ("/reportsx", "/reports"),
        ("/docs", "/reports"),
        ("/reports/login?next=/reports", "/reports"),
        ("", "/reports"),
        ("http://[", "/reports"),
    ],
)
def test_the_form_leads_to_reports_alone(wanted: str, led: str) -> None:
    assert own_address(wanted) == led


def test_where_there_are_no_keys_nobody_logs_in(client: TestClient) -> None:
    for response in (
        client.get("/reports/login?next=/reports/compare", follow_redirects=False),
        client.post("/reports/login", data={"next": "/reports/compare"}, follow_redirects=False),
    ):
        assert (response.status_code, response.headers["location"]) == (303, "/reports/compare")
