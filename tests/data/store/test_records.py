"""What no database takes is refused before it gets there, and no refusal repeats it."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from data.store.records import About, Correction, NewTicket, Query, Reading, TicketKey
from data.store.store import Store
from data.store.tables import TicketRow
from tests.data.store.making import key, new, reading

TICKET: dict[str, Any] = {"key": key(), "text": "x", "mark": "m", "lang": "en"}
READING: dict[str, Any] = {"model_version": "m", "taxonomy_version": "t", "labels": {}, "certainty": 0, "answer": {}}
CORRECTION: dict[str, Any] = {"author": "ann", "taxonomy_version": "t", "labels": {"kind": "praise"}}


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        (TicketKey, {"source": "", "id": "1"}),
        (TicketKey, {"source": "a\x00b", "id": "1"}),
        (TicketKey, {"source": "a", "id": "x" * 257}),
        (NewTicket, {**TICKET, "text": "canary\x00"}),
        (NewTicket, {**TICKET, "text": "canary\ud83d"}),
        (NewTicket, {**TICKET, "text": "canary" * 2_000_000}),
        (NewTicket, {**TICKET, "lang": "x" * 17}),
        (NewTicket, {**TICKET, "canary": "canary"}),
        (About, {"received_at": "2026-01-01T00:00:00"}),
        (About, {"received_at": "0001-01-01T00:00:00+14:00"}),
        (About, {"closed_at": "9999-12-31T23:59:59-14:00"}),
        (About, {"contact": 0}),
        (Reading, {**READING, "certainty": float("nan")}),
        (Reading, {**READING, "hours": float("inf")}),
        (Reading, {**READING, "labels": {"colour": "red"}}),
        (Reading, {**READING, "labels": {"themes": ["x" * 65]}}),
        (Correction, {**CORRECTION, "labels": {}}),
        (Correction, {**CORRECTION, "reason": "canary" * 400}),
        (Correction, {**CORRECTION, "labels": {"kind": "canary\x00"}}),
        (Query, {"source": "canary\x00"}),
        (Query, {"received_from": "0001-01-01T00:00:00+14:00"}),
    ],
)
def test_bad_records_are_refused_without_repeating_them(record: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        record(**fields)
    shown = str(refused.value).replace("\ncanary\n", "")  # the name of a field that there is not
    assert "canary" not in shown


def test_a_large_ticket_is_kept_whole(store: Store) -> None:
    text = "Lasku ệ 🙂 " * 100_000
    store.put(new(store, 1, text), reading())
    kept = store.get(key())
    assert kept is not None
    assert kept.text == text


def test_no_failure_of_the_database_repeats_what_was_written(store: Store) -> None:
    row = TicketRow(source="canary", external_id="1", mark="canary", text="the canary sings")

    def write() -> None:
        with store._write() as session:
            session.add(row)

    with pytest.raises(SQLAlchemyError) as failed:
        write()
    assert "canary" not in "".join(traceback.format_exception(failed.value))
