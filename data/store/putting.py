"""Keep a ticket, or what has changed of it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from data.store.records import NewTicket, Put, Reading
from data.store.rows import changed, reading_row, settle, ticket
from data.store.tables import TicketRow


def put(session: Session, row: TicketRow | None, new: NewTicket, reading: Reading, *, language_told: bool) -> Put:
    """Make a ticket's row, or bring it up to date.

    Where its language was told and is another than before, the same text gets the new reading. It stays the same
    revision: what people said of the text holds.
    """
    now = datetime.now(UTC)
    if row is None:
        row = _new_row(new, now)
        session.add(row)
        session.flush()
        session.add(reading_row(row, reading, at=now))
        return Put(outcome="created", ticket=settle(session, row))
    known = {k: v for k, v in new.about.model_dump(exclude_defaults=True).items() if getattr(row, k) != v}
    if new.subject and row.subject != new.subject:
        known["subject"] = new.subject
    for name, value in known.items():
        setattr(row, name, value)
    another = row.mark != new.mark
    fresh = another or (language_told and row.lang != new.lang)
    if fresh:
        row.mark, row.text, row.lang = new.mark, new.text, new.lang
        row.revision += another
        session.add(reading_row(row, reading, at=now))
    if not known and not fresh:
        return Put(outcome="unchanged", ticket=ticket(session, row))
    changed(row, now)
    return Put(outcome="changed", ticket=settle(session, row) if fresh else ticket(session, row))


def _new_row(new: NewTicket, now: datetime) -> TicketRow:
    about = new.about.model_dump()
    return TicketRow(
        source=new.key.source, external_id=new.key.id, mark=new.mark, subject=new.subject, revision=1, version=1,
        text=new.text, lang=new.lang, stored_at=now, changed_at=now, hours=None, certainty=0.0, needs_review=True,
        judged=False, agreed=True, waiting=True, model_version="",
        **{**about, "received_at": about["received_at"] or now},
    )  # fmt: skip
