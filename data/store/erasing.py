"""Erase for good: rows, and the way back in. `data.store.sweeping` sees to what the database still holds of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from data.store import sweeping
from data.store.records import TicketKey
from data.store.secret import Marker
from data.store.tables import EmergingMemberRow, EmergingRow, IdempotencyRow, TicketRow, Tombstone

PART: Final = 500
"""Rows that one statement deletes or asks for: SQLite takes 32,766 values, and a purge should be short."""

_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


def name(marker: Marker, key: TicketKey) -> str:
    """Mark a ticket's name."""
    return marker.mark("ticket", key.source, key.id)


def erased(session: Session, names: Sequence[str]) -> bool:
    """Say whether any of the marks has a tombstone."""
    return session.scalar(select(Tombstone.mark).where(Tombstone.mark.in_(names)).limit(1)) is not None


def there(session: Session, keys: Iterable[TicketKey]) -> dict[TicketKey, tuple[int, datetime]]:
    """Say of tickets that are there their revision, and when they were first stored."""
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        ids[key.source].append(key.id)
    asked = select(TicketRow.external_id, TicketRow.revision, TicketRow.stored_at)
    return {
        TicketKey(source=source, id=row.external_id): (row.revision, row.stored_at)
        for source, own in ids.items()
        for start in range(0, len(own), PART)
        for row in session.execute(
            asked.where(TicketRow.source == source, TicketRow.external_id.in_(own[start : start + PART]))
        )
    }


def erase(session: Session, marker: Marker, key: TicketKey) -> int:
    """Delete a ticket with all that hangs on it, and put up its tombstone, whether or not it was there."""
    asked = select(TicketRow.id).where(TicketRow.source == key.source, TicketRow.external_id == key.id)
    ids = list(session.scalars(asked.with_for_update()))
    _bury(session, [name(marker, key)])
    _unsay(session, ids)
    return _delete(session, ids)


def erase_subject(session: Session, marker: Marker, subject: str) -> int:
    """Delete a person's tickets; the person has a tombstone then, and each ticket one of its own.

    A ticket system may send the same ticket again without saying whose it is.
    """
    asked = select(TicketRow.id, TicketRow.source, TicketRow.external_id).where(TicketRow.subject == subject)
    rows = session.execute(asked.order_by(TicketRow.id).with_for_update()).all()
    names = [name(marker, TicketKey(source=row.source, id=row.external_id)) for row in rows]
    _bury(session, [subject, *names])
    ids = [row.id for row in rows]
    _unsay(session, ids)
    return _delete(session, ids)


def purge(session: Session, retention: Mapping[str, timedelta], default: timedelta | None, now: datetime) -> int:
    """Delete up to `PART` tickets that are past their time, and idempotency keys that are past theirs."""
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.expires_at < now))
    past = [
        and_(TicketRow.source == source, TicketRow.received_at < _before(now, age)) for source, age in retention.items()
    ]
    if default is not None:
        past.append(and_(TicketRow.source.not_in(list(retention)), TicketRow.received_at < _before(now, default)))
    if not past:
        return 0
    # What somebody is at work on is left to the next purge: this one waits for nobody while it holds others up.
    asked = select(TicketRow.id).where(or_(*past)).limit(PART).with_for_update(skip_locked=True)
    return _delete(session, list(session.scalars(asked)))


def _bury(session: Session, names: Sequence[str]) -> None:
    now = datetime.now(UTC)
    for start in range(0, len(names), PART):
        part = names[start : start + PART]
        there = set(session.scalars(select(Tombstone.mark).where(Tombstone.mark.in_(part))))
        session.add_all(Tombstone(mark=mark, at=now) for mark in part if mark not in there)
        session.flush()


def _unsay(session: Session, ids: Sequence[int]) -> None:
    """Take away the words of the groups that tickets are in: some may be theirs."""
    for start in range(0, len(ids), PART):
        part = EmergingMemberRow.ticket_id.in_(ids[start : start + PART])
        theirs = EmergingRow.id.in_(select(EmergingMemberRow.group_id).where(part))
        session.execute(update(EmergingRow).where(theirs).values(words={}))


def _delete(session: Session, ids: Sequence[int]) -> int:
    for start in range(0, len(ids), PART):
        session.execute(delete(TicketRow).where(TicketRow.id.in_(ids[start : start + PART])))
    if ids:
        sweeping.owe(session)
    return len(ids)


def _before(now: datetime, age: timedelta) -> datetime:
    if age < timedelta(0):
        raise ValueError("tickets cannot be kept for less than no time: give a retention of 0 or more")
    try:
        return now - age
    except OverflowError:  # for longer than there are dates
        return _LONG_AGO
