from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from models.engine import Prepared
from service.gate import OPEN
from tests.service.conftest import Start, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_tickets import (
    PERSON,
    TEXT,
    URL,
    Desk,
    correct,
    count,
    desk,
    folder,
    problem,
    put,
    redact,
)

__all__ = ["desk", "folder"]

CALLS = [
    ("PUT", URL, {"text": "a"}),
    ("GET", URL, None),
    ("GET", "/v1/tickets", None),
    ("DELETE", URL, None),
    ("DELETE", "/v1/subjects/me", None),
    ("POST", f"{URL}/labels", {"labels": {"kind": "other"}}),
    ("POST", f"{URL}/labels/undo", None),
    ("GET", "/v1/review", None),
    ("GET", "/v1/disagreements", None),
    ("GET", "/v1/challengers", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_without_a_store_every_call_says_how_to_have_one(client: TestClient, method: str, path: str, body: Any) -> None:
    response = client.request(method, path, json=body)
    assert problem(response) == (404, "no-store")
    assert "RECLAMO_STORE=sqlite:///" in response.json()["detail"]


def test_a_ticket_is_classified_redacted_and_kept(desk: Desk) -> None:
    client = desk()
    made = put(client, channel="email", branch="north", contact=2, received_at="2026-03-01T09:30:00+02:00")
    assert (made.status_code, made.json()["outcome"]) == (201, "created")
    assert made.headers["etag"] == '"1"'
    assert "queue;dur" not in str(made.headers)
    ticket = client.get(URL).json()
    assert ticket == made.json()["ticket"]
    assert ticket["text"] == "From [email]: my parcel is late, cancel it"
    assert ticket["lang"] == "en"
    assert ticket["about"]["received_at"] == "2026-03-01T07:30:00Z"
    assert (ticket["about"]["channel"], ticket["about"]["branch"], ticket["about"]["contact"]) == ("email", "north", 2)
    assert ticket["labels"] == {
        "kind": "complaint",
        "themes": ["delivery"],
        "urgency": "normal",
        "signals": ["leaving"],
        "motives": ["redress"],
        "emotion": "neutral",
    }
    (reading,) = ticket["readings"]
    assert (reading["model_version"], reading["certainty"], reading["hours"]) == ("dummy-1", 0.55, 24.0)
    (span,) = reading["answer"]["themes"][0]["evidence"]
    assert ticket["text"][span["start"] : span["end"]] == "parcel", "spans count in what is kept"
    assert not ticket["needs_review"]


def test_nothing_that_was_redacted_is_on_the_disk_or_in_the_log(
    desk: Desk, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = desk()
    put(client, subject="customer-secret-81")
    put(client, text=f"Another word of {PERSON}", subject="customer-secret-81")
    assert correct(client, {"kind": "other"}, reason=f"says {PERSON}").status_code == 200
    client.get(f"/v1/tickets?after={PERSON}")
    client.request("BREW", f"/v1/subjects/{PERSON}")
    client.delete(f"/v1/subject/{PERSON}/x")
    client.delete(f"/v1/subjects/{PERSON}")
    client.get(f"/v1/tickets/shop/{PERSON}")
    written = b"".join(each.read_bytes() for each in folder.iterdir())
    assert b"Another word of [email]" in written
    assert b"says [email]" in written
    for secret in (PERSON, "customer-secret-81", "maija"):
        assert secret.encode() not in written
        assert secret not in "\n".join(each.getMessage() for each in caplog.records if each.name.startswith("service"))


def test_the_same_text_again_is_not_classified(desk: Desk) -> None:
    engine = DummyEngine()
    client = desk(engine, cache_answers=0)
    put(client)
    computed = len(engine.computed)
    again = put(client)
    assert (again.status_code, again.json()["outcome"], again.headers["etag"]) == (200, "unchanged", '"1"')
    closed = put(client, closed_at="2026-03-02T00:00:00Z")
    assert (closed.status_code, closed.json()["outcome"], closed.headers["etag"]) == (200, "changed", '"2"')
    assert len(engine.computed) == computed
    other = put(client, text="gas smells")
    assert (other.json()["outcome"], other.json()["ticket"]["revision"]) == ("changed", 2)
    assert len(engine.computed) == computed + 1
    assert [count(client, f'reclamo_tickets_put_total{{outcome="{each}"}}') for each in ("created", "unchanged")] == [
        1,
        1,
    ]
    assert count(client, 'reclamo_store_seconds_count{work="write"}') == 4


def test_where_redaction_fails_nothing_is_kept(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def fail(text: str, language: str | None = None) -> Any:
        raise RuntimeError(text)

    client = desk(redact=fail)
    assert problem(put(client)) == (500, "internal")
    assert client.get(URL).status_code == 404
    assert PERSON not in caplog.text


def test_what_the_model_cannot_read_is_kept_for_people(desk: Desk) -> None:
    ticket = put(desk(), text="😀😀").json()["ticket"]
    assert (ticket["lang"], ticket["labels"], ticket["needs_review"]) == ("und", {}, True)
    assert (ticket["readings"][0]["certainty"], ticket["readings"][0]["review"]) == (0.0, ["unintelligible"])


def test_admission_is_that_of_messages(desk: Desk) -> None:
    client = desk(max_characters=100)
    assert problem(put(client, text="a" * 101)) == (413, "text-too-long")
    assert problem(client.put(URL, json={"text": "a"}, headers={"prefer": "wait=0"})) == (504, "deadline-passed")
    assert client.get(URL).status_code == 404
    client.app.state.readiness.stop()  # type: ignore[attr-defined]
    assert put(client).status_code == 201, "while stopping the port closes by itself"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (URL, {"text": " "}, "text"),
        (URL, {"text": "a", "language": "sv"}, "language"),
        (URL, {"text": "a", "received_at": "yesterday"}, "received_at"),
        (URL, {"text": "a", "received_at": "2026-03-01T09:30:00"}, "received_at"),
        (URL, {"text": "a", "received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
        (URL, {"text": "a", "received_at": 1772350200}, "received_at"),
        (URL, {"text": "a", "received_at": "1970-01-01T00:00:00Z"}, "received_at"),
        (URL, {"text": "a", "received_at": "9999-12-31T00:00:00Z"}, "received_at"),
        (URL, {"text": "a", "first_answered_at": "2099-01-01T00:00:00Z"}, "first_answered_at"),
        (URL, {"text": "a", "closed_at": "1989-12-31T23:59:59Z"}, "closed_at"),
        (URL, {"text": "a", "contact": 0}, "contact"),
        (URL, {"text": "a", "contact": True}, "contact"),
        (URL, {"text": "a", "channel": "x" * 65}, "channel"),
        (URL, {"text": "a", "branch": "a\0b"}, "branch"),
        (URL, {"text": "a", "subject": ""}, "subject"),
        (URL, {"text": "a", "kind": "other"}, "kind"),
        ("/v1/tickets/a%20b/1", {"text": "a"}, "source"),
        ("/v1/tickets/shop/a%00b", {"text": "a"}, "id"),
        (f"/v1/tickets/shop/{'x' * 257}", {"text": "a"}, "id"),
    ],
)
def test_wrong_fields_are_named(desk: Desk, path: str, body: dict[str, Any], field: str) -> None:
    response = desk().put(path, json=body)
    assert problem(response) == (422, "invalid-fields")
    assert [each["field"] for each in response.json()["errors"]] == [field]


def test_tickets_are_listed_newest_first_and_page_by_page(desk: Desk) -> None:
    client = desk()
    texts = {"1": "my parcel", "2": "gas smells", "3": "an invoice!", "4": "nothing"}
    for id_, text in texts.items():
        when = f"2026-03-0{id_}T00:00:00Z"
        put(client, text, f"/v1/tickets/shop/{id_}", received_at=when, channel="web" if id_ == "1" else "mail")

    def ids(query: str) -> list[str]:
        response = client.get(f"/v1/tickets?{query}")
        assert response.status_code == 200, response.text
        return [each["key"]["id"] for each in response.json()["tickets"]]

    assert ids("") == ["4", "3", "2", "1"]
    assert ids("theme=delivery") == ids("channel=web") == ["1"]
    assert ids("signal=harm&urgency=critical&kind=complaint") == ["2"]
    assert ids("emotion=anger&motive=redress") == ["3"]
    assert ids("needs_review=true") == ["4", "2"]
    assert ids("judged=true") == ids("source=other") == ids("lang=fi") == ids("branch=x") == []
    assert ids("received_from=2026-03-02T00:00:00Z&received_to=2026-03-04T00:00:00Z") == ["3", "2"]
    seen, after = [], ""
    while True:
        page = client.get(f"/v1/tickets?limit=3{after}").json()
        seen += [each["key"]["id"] for each in page["tickets"]]
        if not page["next"]:
            break
        after = f"&after={page['next']}"
    assert seen == ["4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=hunter2", "after"),
        ("after=WyIyMDI2LTAxLTAxVDAwOjAwOjAwKzAwOjAwIiwgMWU5OTldCg", "after"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("judged=perhaps", "judged"),
        ("received_to=now", "received_to"),
        ("kind=Other!", "kind"),
        ("colour=red", "colour"),
    ],
)
def test_a_query_that_cannot_be_used_is_told(desk: Desk, query: str, field: str) -> None:
    response = desk().get(f"/v1/tickets?{query}")
    assert problem(response) == (422, "invalid-fields")
    assert [each["field"] for each in response.json()["errors"]] == [field]


def test_an_erased_ticket_is_gone_for_good(desk: Desk, folder: Path) -> None:
    client = desk()
    put(client, text="Something that nobody else would say")
    for _ in range(2):
        assert client.delete(URL).status_code == 204, "however often"
    assert client.get(URL).status_code == 404
    assert problem(put(client)) == (410, "erased")
    assert b"nobody else would say" not in b"".join(each.read_bytes() for each in folder.iterdir())
    assert count(client, 'reclamo_erased_tickets_total{why="ticket"}') == 1
    assert count(client, 'reclamo_tickets_put_total{outcome="refused"}') == 1


def test_a_person_is_erased_from_every_system(desk: Desk) -> None:
    client = desk()
    for url in (URL, "/v1/tickets/mail/1"):
        put(client, url=url, subject="me/too@example.com")
    put(client, url="/v1/tickets/mail/2", subject="somebody else")
    cached = client.app.state.classifier.cache  # type: ignore[attr-defined]
    assert len(cached) > 0
    assert client.delete("/v1/subjects/me%2Ftoo%40example.com").status_code == 204
    assert len(cached) == 0
    assert [each["key"]["id"] for each in client.get("/v1/tickets").json()["tickets"]] == ["2"]
    assert problem(put(client, url="/v1/tickets/mail/3", subject="me/too@example.com")) == (410, "erased")
    assert client.delete("/v1/subjects/nobody").status_code == 204
    assert count(client, 'reclamo_erased_tickets_total{why="subject"}') == 2


def test_a_put_that_erases_leaves_as_little_as_an_erasure(desk: Desk) -> None:
    client = desk()
    assert client.delete("/v1/subjects/me").status_code == 204
    put(client, "my parcel")
    cached = client.app.state.classifier.cache  # type: ignore[attr-defined]
    assert len(cached) > 0
    assert problem(put(client, "my parcel", subject="me")) == (410, "erased")
    assert len(cached) == 0
    assert client.get(URL).status_code == 404
    assert problem(put(client, "my parcel", subject="me")) == (410, "erased")
    assert count(client, 'reclamo_erased_tickets_total{why="subject"}') == 1


FAULTS = {"SQLITE_FULL": "store-full", "SQLITE_IOERR_WRITE": "store-failed"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_disk_that_fails_is_told_and_may_be_tried_again(
    desk: Desk, fault: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = desk()
    store = client.app.state.tickets.calls.store  # type: ignore[attr-defined]

    def fail(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError("no room for hunter2")
        error.sqlite_errorname = fault
        raise OperationalError("INSERT hunter2", {}, error)

    with monkeypatch.context() as patched:
        patched.setattr(store, "put", fail)
        response = put(client)
    assert problem(response) == (503, FAULTS[fault])
    assert int(response.headers["retry-after"]) >= 1
    assert "hunter2" not in response.text + caplog.text
    assert put(client).status_code == 201


@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
def test_when_there_is_no_page_left_nothing_is_half_kept(desk: Desk) -> None:
    """A database that may not grow fails as on a disk that is full."""
    client = desk()
    put(client, "my parcel")
    database = client.app.state.keeping.calls.store._database  # type: ignore[attr-defined]

    def shrink(connection: Any, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # which means as many as it has

    event.listen(database, "connect", shrink)
    database.dispose()
    long = "gas smells " * 4_000
    assert problem(put(client, long)) == (503, "store-full")
    assert problem(put(client, long, "/v1/tickets/shop/2")) == (503, "store-full")
    assert client.get(URL).json()["text"] == "my parcel"
    assert client.get("/v1/tickets/shop/2").status_code == 404
    event.remove(database, "connect", shrink)
    database.dispose()
    assert put(client, long).json()["outcome"] == "changed"


def test_a_store_that_cannot_be_written_makes_the_service_unready(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    client = desk()
    keeping = client.app.state.tickets.calls  # type: ignore[attr-defined]
    looks: list[int] = []

    def writable() -> bool:
        looks.append(1)
        return False

    monkeypatch.setattr("service.storing.FRESH", 0.0)
    monkeypatch.setattr(keeping.store, "writable", writable)
    wait_until(lambda: client.get("/readyz").status_code == 503, seconds=10)
    assert "ticket store" in client.get("/readyz").json()["detail"]
    assert client.get("/livez").status_code == 200
    monkeypatch.undo()
    client.get("/readyz")
    wait_until(lambda: client.get("/readyz").status_code == 200, seconds=10)
    before = len(looks)
    for _ in range(5):
        client.get("/readyz")
    assert len(looks) == before


def test_what_the_model_fails_on_is_not_kept_and_may_be_tried_again(desk: Desk) -> None:
    def fail(group: Sequence[Prepared]) -> None:
        if "spoilt" in group[0].text:
            raise RuntimeError(group[0].text)

    client = desk(DummyEngine(before=fail))
    assert problem(client.put(URL, json={"text": "spoilt"}, headers={"idempotency-key": '"one"'})) == (500, "internal")
    assert client.get(URL).status_code == 404
    again = client.put(URL, json={"text": "spoilt"}, headers={"idempotency-key": '"one"'})
    assert problem(again) == (500, "internal"), "nothing was done, so it is tried again"


def test_a_wrong_method_is_told_every_right_one(client: TestClient) -> None:
    response = client.request("PATCH", URL)
    assert problem(response) == (405, "method-not-allowed")
    assert response.headers["allow"] == "DELETE, GET, PUT"
    assert client.request("PATCH", "/v1/subjects/a/b").headers["allow"] == "DELETE"


def test_none_of_the_calls_is_open() -> None:
    assert not {path for _, path, _ in CALLS} & OPEN


def test_the_store_is_there_again_after_a_restart(desk: Desk) -> None:
    first = desk()
    put(first)
    first.__exit__(None, None, None)
    assert desk().get(URL).json()["labels"]["themes"] == ["delivery"]
    first.__enter__()


def test_the_toy_redactor_maps_spans() -> None:
    redacted = redact("a@b.fi parcel")
    assert redacted.text == "[email] parcel"
    assert redacted.span(7, 13) == (8, 14)


def test_a_service_without_a_store_makes_no_file(start: Start, folder: Path) -> None:
    start()
    assert not folder.exists()
    assert TEXT
