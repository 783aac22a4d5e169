"""Erase for good: rows, what the database still holds of them, and the way back in."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, and_, delete, or_, select, text
from sqlalchemy.orm import Session

from data.store.records import TicketKey
from data.store.secret import Marker
from data.store.tables import IdempotencyRow, TicketRow, Tombstone

PART: Final = 1_000
"""Tickets that one transaction of a purge deletes."""

_PATIENCE: Final = 5.0
"""Seconds that readers of SQLite's WAL are waited for before it is left to the next sweep."""


def name(marker: Marker, key: TicketKey) -> str:
    """Mark a ticket's name."""
    return marker.mark("ticket", key.source, key.id)


def alone(session: Session, names: Sequence[str]) -> None:
    """Wait until nobody else puts or erases what these marks stand for, and keep others waiting.

    SQLite lets in one writer at a time anyhow. In PostgreSQL a row that is not there yet cannot be locked.
    """
    if session.get_bind().dialect.name == "postgresql":
        for mark in sorted(names):
            number = int.from_bytes(bytes.fromhex(mark[:16]), "big", signed=True)
            session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def erased(session: Session, names: Sequence[str]) -> bool:
    """Say whether any of the marks has a tombstone."""
    return session.scalar(select(Tombstone.mark).where(Tombstone.mark.in_(names)).limit(1)) is not None


def of_subject(session: Session, subject: str) -> list[TicketRow]:
    """Find the tickets of a person."""
    return list(session.scalars(select(TicketRow).where(TicketRow.subject == subject).with_for_update()))


def erase(session: Session, names: Sequence[str], rows: Iterable[TicketRow | None]) -> int:
    """Delete the rows with all that hangs on them, and put up the tombstones."""
    ids = [row.id for row in rows if row is not None]
    now = datetime.now(UTC)
    for mark in names:
        if not erased(session, [mark]):
            session.add(Tombstone(mark=mark, at=now))
    return _delete(session, ids)


def purge(
    session: Session, retention: Mapping[str, timedelta], default: timedelta | None, now: datetime
) -> int:
    """Delete up to `PART` tickets that are past their time, and idempotency keys that are past theirs."""
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.expires_at < now))
    past = [and_(TicketRow.source == source, TicketRow.received_at < now - age) for source, age in retention.items()]
    if default is not None:
        past.append(and_(TicketRow.source.not_in(list(retention)), TicketRow.received_at < now - default))
    if not past:
        return 0
    ids = list(session.scalars(select(TicketRow.id).where(or_(*past)).limit(PART)))
    return _delete(session, ids)


def sweep(database: Engine) -> None:
    """Make the database let go of what was deleted.

    SQLite overwrites deleted rows in its file (`secure_delete`); what its WAL still holds goes with the WAL. Where a
    reader is in the way for too long, the next sweep or the last connection's end does it. PostgreSQL frees the space;
    see docs/security.md for what its own WAL keeps.
    """
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("VACUUM tickets, readings, corrections, ticket_labels, idempotency"))
            return
    raw = database.raw_connection()
    try:
        deadline = time.monotonic() + _PATIENCE
        while raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        raw.close()


def _delete(session: Session, ids: Sequence[int]) -> int:
    if ids:
        session.execute(delete(TicketRow).where(TicketRow.id.in_(ids)))
    return len(ids)
