"""Between rows and records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data.store.records import About, GivenCorrection, GivenReading, Reading, Ticket, TicketKey
from data.store.standing import MACHINE, PERSON, Standing, standing
from data.store.tables import CorrectionRow, LabelRow, ReadingRow, TicketRow
from data.taxonomy import as_list

_READING = [name for name in GivenReading.model_fields]
_CORRECTION = [name for name in GivenCorrection.model_fields]
_ABOUT = [name for name in About.model_fields]


def find(session: Session, key: TicketKey, *, lock: bool = False) -> TicketRow | None:
    """Find a ticket's row; with `lock`, nobody else changes it until the transaction ends."""
    query = select(TicketRow).where(TicketRow.source == key.source, TicketRow.external_id == key.id)
    return session.scalar(query.with_for_update() if lock else query)


def tickets(session: Session, rows: Sequence[TicketRow]) -> list[Ticket]:
    """Read tickets with all that was said of them, in two queries however many they are."""
    ids = [row.id for row in rows]
    readings: dict[int, list[GivenReading]] = {id_: [] for id_ in ids}
    corrections: dict[int, list[GivenCorrection]] = {id_: [] for id_ in ids}
    for reading in session.scalars(select(ReadingRow).where(ReadingRow.ticket_id.in_(ids)).order_by(ReadingRow.id)):
        readings[reading.ticket_id].append(GivenReading.model_validate(_values(reading, _READING)))
    written = select(CorrectionRow).where(CorrectionRow.ticket_id.in_(ids)).order_by(CorrectionRow.id)
    for correction in session.scalars(written):
        corrections[correction.ticket_id].append(GivenCorrection.model_validate(_values(correction, _CORRECTION)))
    return [_ticket(row, readings[row.id], corrections[row.id]) for row in rows]


def ticket(session: Session, row: TicketRow) -> Ticket:
    """Read one ticket with all that was said of it."""
    session.flush()
    return tickets(session, [row])[0]


def settle(session: Session, row: TicketRow) -> Ticket:
    """Work out anew which labels of the ticket hold, and write down what follows from it."""
    found = ticket(session, row)
    now = standing(found.readings, found.corrections, row.revision)
    row.hours, row.certainty, row.model_version = now.hours, now.certainty, now.model_version
    row.needs_review, row.judged = now.needs_review, now.judged
    row.agreed, row.waiting = now.agreed, now.waiting
    session.execute(delete(LabelRow).where(LabelRow.ticket_id == row.id))
    session.add_all(_label_rows(row.id, now))
    return ticket(session, row)


def changed(row: TicketRow, now: datetime) -> None:
    """Note that something of the ticket is another than it was."""
    row.version += 1
    row.changed_at = now


def reading_row(row: TicketRow, reading: Reading, **more: Any) -> ReadingRow:
    """Make the row of a reading of the ticket's newest text."""
    return ReadingRow(ticket_id=row.id, revision=row.revision, **reading.model_dump(), **more)


def _label_rows(ticket_id: int, now: Standing) -> list[LabelRow]:
    return [
        LabelRow(ticket_id=ticket_id, group=group, label=label, by=PERSON if group in now.settled else MACHINE)
        for group, value in now.labels.items()
        for label in dict.fromkeys(as_list(value))
    ]


def _ticket(row: TicketRow, readings: list[GivenReading], corrections: list[GivenCorrection]) -> Ticket:
    now = standing(readings, corrections, row.revision)
    return Ticket(
        key=TicketKey(source=row.source, id=row.external_id),
        revision=row.revision,
        version=row.version,
        text=row.text,
        lang=row.lang,
        about=About.model_validate(_values(row, _ABOUT)),
        stored_at=row.stored_at,
        changed_at=row.changed_at,
        labels=now.labels,
        judged=now.judged,
        needs_review=now.needs_review,
        readings=readings,
        corrections=corrections,
    )


def _values(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
