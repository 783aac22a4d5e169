from __future__ import annotations

import csv
import io
import re
import sys
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.access import POLICY
from service.app import create_app
from service.reports.pages import Content, Page
from service.reports.registry import PAGES
from service.reports.view import View
from service.reports.web import complaints
from tests.service.conftest import Start, settings, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.reports.printing import needs_printing
from tests.service.reports.toy_site import TAXONOMY, ToyBooks, give_tickets, quarters
from tests.service.toy_tickets import Desk, correct, desk, folder, put

__all__ = ["desk", "folder"]

LANGUAGES = ["fi", "vi", "es", "en"]
PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def site() -> Any:
    app = create_app(DummyEngine(taxonomy=TAXONOMY), settings())
    give_tickets(app, quarters())
    with TestClient(app, raise_server_exceptions=False) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        yield client


def problem(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix("urn:reclamo:problem:")


@pytest.mark.parametrize("ui", LANGUAGES)
def test_the_page_shows_its_figures_in_each_language(site: TestClient, ui: str) -> None:
    response = site.get(f"/reports?ui={ui}")
    assert response.status_code == 200
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["content-language"] == ui
    page = unescape(response.text)
    assert f'<html lang="{ui}">' in page
    assert f'href="/reports?ui={ui}" lang="{ui}" hreflang="{ui}" aria-current="true"' in page
    named = {label.id: label.name[ui] for label in TAXONOMY.groups[1].labels}
    assert f">{named['delivery']}</a></th>" in page
    assert page.count("<section") == 7
    assert "{" not in re.sub(r"<[^>]+>", "", page)


def test_nothing_is_inline_and_all_that_it_names_is_there(site: TestClient) -> None:
    page = site.get("/reports?ui=en&lang=fi").text
    assert re.findall(r"<script|<style|\sstyle=|\son\w+=", page) == []
    links = {unescape(link) for link in re.findall(r'(?:src|srcset|href)="([^"]*)"', page)}
    assert all(link.startswith(("/", "#")) for link in links)
    files = [link for link in links if re.search(r"\.(svg|png|csv|xlsx)\?", link) and "complaints" not in link]
    assert len(files) > 20
    for link in files:
        assert "lang=fi" in link, "a figure is of the tickets that the page shows"
    for link in [*files[:4], *(each for each in links if each.startswith("/static/"))]:
        assert site.get(link).status_code == 200, link


def test_tables_can_be_listened_to(site: TestClient) -> None:
    page = site.get("/reports?ui=en").text
    tables = page.count("<table>")
    assert tables == page.count("<caption") == page.count('role="region"') == 6
    assert page.count('<th scope="col"') > 20
    assert page.count('<th scope="row"') > 20
    assert re.search(r'<img src="[^"]+" width="\d+" height="\d+" alt="[^"]{10,}" loading="lazy"', page)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for field in re.findall(r'<(?:input|select) id="([\w-]+)"', page):
        assert f'<label for="{field}">' in page


def test_values_from_tickets_are_escaped(site: TestClient) -> None:
    page = site.get("/reports?ui=en").text
    assert "<b>Leeds" not in page
    assert "&lt;b&gt;Leeds&lt;/b&gt;" in page
    shown = site.get("/reports", params={"branch": "<b>Leeds</b>", "ui": "en"}).text
    assert "<b>Leeds" not in shown
    assert 'value="&lt;b&gt;Leeds&lt;/b&gt;" selected' in shown


def test_the_form_leads_to_an_address_without_what_was_left_empty(site: TestClient) -> None:
    asked = {"ui": "fi", "from": "2026-01-01", "to": "", "lang": "", "theme": "delivery"}
    response = site.get("/reports", params=asked, follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"] == "/reports?from=2026-01-01&theme=delivery&ui=fi"


@pytest.mark.parametrize(
    "wrong",
    [
        "from=yesterday", "from=2026-02-30", "to=0001-01-01", "to=9999-12-31", "from=2026-03-01&to=2026-02-01",
        "theme=%00", "lang=" + "x" * 200, "from=1700000000",
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_used_is_told_of(site: TestClient, wrong: str) -> None:
    assert problem(site.get(f"/reports?ui=en&{wrong}")) == (422, "invalid-fields")
    assert problem(site.get(f"/v1/reports/overview?{wrong}")) == (422, "invalid-fields")
    assert site.get(f"/reports/overview/volume.csv?{wrong}").status_code == 404
    assert site.get(f"/reports/overview.pdf?{wrong}").status_code == 404


def test_what_nobody_has_is_no_fault(site: TestClient) -> None:
    for asked in ("lang=xx", "theme=unheard_of", "from=1999-01-01&to=1999-02-01", "from=2150-01-01", "to=1970-01-01"):
        page = site.get(f"/reports?ui=en&{asked}")
        assert page.status_code == 200
        assert "No message fits" in page.text
        assert site.get(f"/v1/reports/overview?{asked}").json()["figures"] == []


def test_programs_get_the_same_figures(site: TestClient) -> None:
    listed = site.get("/v1/reports?ui=fi").json()["reports"]
    assert [each["id"] for each in listed] == [page.id for page in PAGES]
    told = site.get("/v1/reports/overview?lang=fi&ui=vi").json()
    assert told["filter"] == {"from": "2025-12-02", "to": "2026-03-02", "lang": "fi"}
    assert told["language"] == "vi"
    volume = next(each for each in told["figures"] if each["id"] == "volume")
    assert sum(row[1] for row in volume["rows"]) == told["messages"] > 0
    assert site.get("/v1/reports/overview/volume.json?lang=fi&ui=vi").json() == volume
    table = site.get("/v1/reports/overview/volume.csv?lang=fi").content.decode("utf-8-sig")
    assert [int(row[1]) for row in list(csv.reader(io.StringIO(table)))[1:]] == [row[1] for row in volume["rows"]]
    for ui, separator in (("fi", ";"), ("en", ",")):
        table = site.get(f"/reports/overview/volume.csv?lang=fi&ui={ui}").content.decode("utf-8-sig")
        lines = csv.reader(io.StringIO(table), delimiter=separator)
        assert [row[1] for row in lines][1:] == [str(row[1]) for row in volume["rows"]]


def test_a_chart_may_style_itself_and_nothing_else(site: TestClient) -> None:
    response = site.get("/v1/reports/overview/themes.svg")
    assert response.headers["content-type"] == "image/svg+xml"
    assert response.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert b"<script" not in response.content
    narrow = site.get("/reports/overview/themes.svg?narrow=1").content
    assert narrow != response.content
    assert site.get("/v1/reports/overview/themes.png").content.startswith(b"\x89PNG")
    assert site.get("/v1/reports/overview/themes.xlsx").content.startswith(b"PK")


def test_what_there_is_not_is_not_found(site: TestClient) -> None:
    for address in ("/reports/nothing", "/reports/nothing.pdf", "/v1/reports/nothing", "/v1/reports/overview/no.csv"):
        assert problem(site.get(address)) == (404, "not-found"), address
    assert site.get("/v1/reports/overview/volume.exe").status_code == 422
    assert site.get("/reports/overview/volume.exe").status_code == 404


def test_a_page_is_made_once_until_a_ticket_changes(site: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    desk: Any = site.app.state.desk  # type: ignore[attr-defined]
    made: list[str] = []
    original = Page.content

    def content(page: Page, view: View) -> Content:
        made.append(page.id)
        return original(page, view)

    monkeypatch.setattr(Page, "content", content)
    books = desk._books
    desk._books = ToyBooks(books.ledger, number=50)
    try:
        first = site.get("/v1/reports/overview?channel=chat").json()
        for address in ("/v1/reports/overview?channel=chat", "/v1/reports/overview/volume.csv?channel=chat"):
            assert site.get(address).status_code == 200
        assert made == ["overview"]
        desk._books = ToyBooks(books.ledger[:100], number=51)
        assert site.get("/v1/reports/overview?channel=chat").json()["messages"] < first["messages"]
        assert made == ["overview"] * 2
    finally:
        desk._books = books
        desk._number = -1


def test_of_few_messages_there_is_a_word_in_place_of_an_empty_chart() -> None:
    app = create_app(DummyEngine(taxonomy=TAXONOMY), settings())
    give_tickets(app, quarters(40))
    with TestClient(app, raise_server_exceptions=False) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        page = client.get("/reports/psychology?ui=en").text
        assert page.count("Too few messages for a chart: shares are told of 30 or more.") >= 4
        assert "/psychology/motives.svg" not in page
        assert "/psychology/moods.svg" in page
        assert problem(client.get("/reports/psychology/moods_by_theme.svg")) == (404, "not-found")
        assert client.get("/reports/psychology/motives.csv").status_code == 200
        assert "two sides with 30 messages" in client.get("/reports/compare?ui=en").text


@needs_printing
def test_the_page_is_printed(site: TestClient) -> None:
    response = site.get("/reports/overview.pdf?ui=vi&channel=chat")
    assert response.headers["content-type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert len(response.content) > 20_000, "with fonts and charts"


def test_without_software_only_what_needs_it_is_refused(site: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("weasyprint", "openpyxl"):
        monkeypatch.setitem(sys.modules, name, None)
    pdf = site.get("/reports/overview.pdf?channel=phone")
    assert problem(pdf) == (501, "not-installed")
    assert "apt install libpango-1.0-0" in pdf.json()["detail"]
    assert problem(site.get("/v1/reports/overview/volume.xlsx?channel=phone")) == (501, "not-installed")
    assert site.get("/v1/reports/overview/volume.csv?channel=phone").status_code == 200


def test_without_a_store_the_page_says_how_to_have_one(client: TestClient) -> None:
    page = client.get("/reports?ui=en", headers=PAGE)
    assert page.status_code == 404
    assert "RECLAMO_STORE=sqlite:///tickets.db" in page.text
    for address in ("/reports", "/v1/reports/overview"):
        assert problem(client.get(address)) == (404, "no-store")
    assert problem(client.get("/v1/reports/complaints.csv")) == (404, "no-store")


def test_until_tickets_are_counted_the_page_waits(start: Start) -> None:
    client = start(DummyEngine(taxonomy=TAXONOMY))
    give_tickets(client.app, [])  # type: ignore[arg-type]
    client.app.state.desk._books.ready = False  # type: ignore[attr-defined]
    page = client.get("/reports?ui=en", headers=PAGE)
    assert page.status_code == 503
    assert (page.headers["retry-after"], page.headers["refresh"]) == ("3", "5")
    assert "tries again by itself in 5 seconds" in page.text
    for address in ("/reports", "/v1/reports/overview"):
        assert problem(client.get(address)) == (503, "unavailable")


def record(client: TestClient, query: str = "") -> list[dict[str, str]]:
    response = client.get(f"/v1/reports/complaints.csv{query}")
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def test_the_record_of_complaints_has_a_line_each_and_no_words(desk: Desk) -> None:
    client = desk(DummyEngine(taxonomy=TAXONOMY))
    times = {"received_at": "2026-03-01T09:30:00+02:00", "first_answered_at": "2026-03-01T10:00:00Z"}
    put(client, channel="email", branch="=cmd()", **times, contact=2)
    put(client, "The parcel came late", "/v1/tickets/shop/2", received_at="2026-02-01T00:00:00Z", channel="chat")
    correct(client, {"urgency": "high", "motives": ["redress", "fix"], "signals": ["leaving"]})
    first, second = record(client)
    assert (first["source"], first["id"], first["received"]) == ("shop", "4711", "2026-03-01T07:30:00+00:00")
    assert first["branch"] == "'=cmd()"
    assert (first["severity"], first["respond_within_hours"]) == ("high", "8.0")
    assert first["remedy_sought"] == "redress; fix"
    assert first["signals"] == "leaving"
    assert (first["hours_to_first_answer"], first["status"], first["contact"]) == ("2.5", "answered", "2")
    assert first["corrected"].startswith("20")
    assert (second["id"], second["status"], second["corrected"]) == ("2", "open", "")
    assert "parcel" not in " ".join([*first.values(), *second.values()])
    assert [each["id"] for each in record(client, "?from=2026-02-15")] == ["4711"]
    assert [each["id"] for each in record(client, "?to=2026-02-01&channel=chat")] == ["2"]
    assert [each["id"] for each in record(client, "?urgency=high,critical")] == ["4711"]
    assert record(client, "?kind=praise") == []
    assert '"source","id"' in client.get("/reports/complaints.csv?ui=en").text
    finnish = client.get("/reports/complaints.csv?ui=fi").text
    assert '"source";"id"' in finnish
    assert ";2,5;" in finnish
    assert '"source","id"' in client.get("/v1/reports/complaints.csv?ui=fi").text, "programs get one form"


def test_the_record_is_read_in_parts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    client = desk(DummyEngine(taxonomy=TAXONOMY))
    for number in range(5):
        put(
            client,
            f"The parcel {number} is late",
            f"/v1/tickets/shop/{number}",
            received_at=f"2026-03-0{number + 1}T00:00:00Z",
        )
    monkeypatch.setattr(complaints, "PART", 2)
    assert [each["id"] for each in record(client)] == ["4", "3", "2", "1", "0"]


def test_pages_count_what_the_store_holds(desk: Desk) -> None:
    client = desk(DummyEngine(taxonomy=TAXONOMY))
    for number in range(3):
        put(client, f"The parcel {number} is late", f"/v1/tickets/shop/{number}")
    books = client.app.state.keeping.books  # type: ignore[attr-defined]
    books.look()
    wait_until(lambda: len(books.ledger) == 3, 10)
    assert client.get("/v1/reports/overview").json()["messages"] == 3
    assert "3 messages" in client.get("/reports?ui=en").text
    assert 'href="/reports?ui=en"' in client.get("/?ui=en").text


def test_comparisons_have_figures_of_their_own(site: TestClient) -> None:
    figures = site.get("/v1/reports/compare").json()["figures"]
    ids = [each["id"] for each in figures]
    assert len(ids) == len(set(ids))
    assert "lang-sides" in ids
    assert "channel-sides" in ids
    assert figures[0]["title"].startswith("By language: ")
    asked = site.get("/v1/reports/compare?lang=fi").json()["figures"]
    assert not any(each["id"].startswith("lang-") for each in asked), "one language alone is not compared"
