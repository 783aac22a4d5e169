"""Lists: filters, pages that stay right while tickets come in, cursors that are none, the queue."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.store.records import Query
from data.store.store import Store
from tests.data.store.making import LABELS, NOON, correction, key, new, reading


def ids(store: Store, **asked: Any) -> list[str]:
    return [each.key.id for each in store.list(Query(**asked)).tickets]


@pytest.fixture
def six(store: Store) -> Store:
    for number in range(6):
        fields = {"lang": "fi" if number % 2 else "en", "source": "zendesk" if number < 4 else "jira"}
        about = {"channel": "email" if number == 1 else "chat", "branch": "Turku" if number == 2 else ""}
        labels = {
            **LABELS,
            "themes": ["billing"] if number < 3 else ["delivery"],
            "kind": "complaint" if number else "praise",
        }
        store.put(
            new(store, number, about=about, **fields), reading(labels=labels, review=["kind"] if number > 3 else [])
        )
    store.correct(key(0), correction(labels={"kind": "question"}))
    return store


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "543210"),
        ({"source": "jira"}, "54"),
        ({"lang": "fi"}, "531"),
        ({"channel": "email"}, "1"),
        ({"branch": "Turku"}, "2"),
        ({"needs_review": True}, "54"),
        ({"needs_review": False}, "3210"),
        ({"judged": True}, "0"),
        ({"labels": {"themes": "billing"}}, "210"),
        ({"labels": {"themes": "billing", "kind": "complaint"}}, "21"),
        ({"labels": {"kind": "question"}}, "0"),
        ({"labels": {"kind": "praise"}}, ""),
        ({"received_from": NOON + timedelta(minutes=3)}, "543"),
        ({"received_to": NOON + timedelta(minutes=3)}, "210"),
        ({"lang": "en", "labels": {"themes": "delivery"}, "source": "zendesk"}, ""),
        ({"source": "no'; DROP TABLE tickets; --"}, ""),
    ],
)
def test_filters(six: Store, asked: dict[str, Any], found: str) -> None:
    assert "".join(ids(six, **asked)) == found


def test_pages_stay_right_while_tickets_come_in(store: Store) -> None:
    """Many have the same time; newer and older ones come between two pages."""
    for number in range(20):
        store.put(new(store, str(number), about={"received_at": NOON + timedelta(hours=number // 7)}), reading())
    before = ids(store)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = store.list(Query(), limit=3, after=cursor)
        seen += [each.key.id for each in page.tickets]
        cursor = page.next
        if cursor is None:
            break
        number = len(seen)
        for hours, name in ((99, "newer"), (-99, "older")):
            received = NOON + timedelta(hours=hours, minutes=number)
            store.put(new(store, f"{name}{number}", about={"received_at": received}), reading())
    assert [each for each in seen if not each.startswith("older")] == before
    assert not any(each.startswith("newer") for each in seen)
    assert len(seen) == len(set(seen))


def test_a_list_that_ends_with_a_page_has_no_other(six: Store) -> None:
    page = six.list(Query(), limit=6)
    assert (len(page.tickets), page.next) == (6, None)
    page = six.list(Query(), limit=5)
    assert page.next is not None
    last = six.list(Query(), limit=5, after=page.next)
    assert ([each.key.id for each in last.tickets], last.next) == (["0"], None)


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "garbage",
    [
        "", "x", "%%%", "ä", "\x00", "a" * 10_000, cursor(), cursor(1, 2), cursor("2026-01-01T00:00:00", 1),
        cursor("2026-01-01T00:00:00+00:00", "1"), cursor("2026-01-01T00:00:00+00:00", True),
        cursor("2026-01-01T00:00:00+00:00", 2**63), cursor("2026-01-01T00:00:00+00:00", -1),
        cursor("2026-01-01T00:00:00+00:00", 1e400), cursor("2026-01-01T00:00:00+00:00", 1, 2),
        cursor("0001-01-01T00:00:00+14:00", 1), cursor("9999-12-31T23:59:59-14:00", 1),
        base64.urlsafe_b64encode(b"[" * 9_000).decode(), base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b'{"a": 1, "b": 2}').decode(), base64.urlsafe_b64encode(b"null").decode(),
    ],
)  # fmt: skip
def test_garbage_is_no_cursor(lite: Store, garbage: str) -> None:
    with pytest.raises(ValueError, match="begin again"):
        lite.list(Query(), after=garbage)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    garbage=st.one_of(st.text(max_size=80), st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode()))
)
def test_whatever_comes_as_a_cursor_is_refused_in_one_way(lite: Store, garbage: str) -> None:
    with pytest.raises(ValueError, match="begin again"):
        lite.list(Query(), after=garbage)


def test_the_extremes_of_a_cursor_are_asked_for_without_harm(store: Store) -> None:
    store.put(new(store), reading())
    assert store.list(Query(), after=cursor("9999-12-31T23:59:59+00:00", 2**63 - 1)).tickets
    assert not store.list(Query(), after=cursor("0001-01-01T00:00:00+00:00", 1)).tickets


def test_the_queue_has_the_pressing_first_then_what_teaches_most(store: Store) -> None:
    def put(number: int, hours: float | None, certainty: float, **more: Any) -> None:
        store.put(new(store, number, **more), reading(hours=hours, certainty=certainty, review=["kind"]))

    put(1, 24.0, 0.9)
    put(2, 1.0, 0.9)
    put(3, None, 0.0, lang="fi")
    put(4, 24.0, 0.2)
    put(5, 24.0, 0.5, lang="fi")
    put(6, 1.0, 0.1)
    store.add_reading(key(1), reading(model_version="m2", shadow=True, labels={"kind": "praise"}))
    store.correct(key(6), correction())
    assert [each.key.id for each in store.queue()] == ["2", "1", "4", "5", "3"]
    assert [each.key.id for each in store.queue(limit=2)] == ["2", "1"]
    assert [each.key.id for each in store.queue(lang="fi")] == ["5", "3"]


def test_a_list_is_bounded(six: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.store.store.MOST", 4)
    assert len(six.list(Query(), limit=10**9).tickets) == 4
    assert len(six.list(Query(), limit=-1).tickets) == 1
    assert len(six.queue(limit=10**9)) == 2
