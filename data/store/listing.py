"""Lists of tickets: by what was asked for, for review, for training, and where two models differ."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Select, exists, func, select, tuple_, update
from sqlalchemy.orm import Session

from data.store.records import Disagreement, Page, Query, Ticket, Wording
from data.store.rows import settle, tickets
from data.store.standing import differing
from data.store.tables import CorrectionRow, LabelRow, ReadingRow, TicketRow

_LARGEST: Final = 2**63 - 1
"""Of ids, in both databases."""

PART: Final = 200
"""Tickets that are read at once where all are gone through."""


def page(session: Session, query: Query, limit: int, after: str | None) -> Page:
    """List tickets newest first; the cursor is opaque, and stays right while others are added."""
    asked = _matching(query).order_by(TicketRow.received_at.desc(), TicketRow.id.desc()).limit(limit + 1)
    if after is not None:
        asked = asked.where(tuple_(TicketRow.received_at, TicketRow.id) < _read_cursor(after))
    rows = list(session.scalars(asked))
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(tickets=tickets(session, rows), next=_write_cursor(rows[-1]) if more else None)


def queue(session: Session, lang: str | None, limit: int) -> list[Ticket]:
    """List what waits for a person: the most pressing first, then what challengers differ on, then what is unsure.

    What has no urgency comes last, and is asked for apart, so that each half is read in the order of its index.
    """
    asked = select(TicketRow).where(TicketRow.waiting.is_(True))
    if lang:
        asked = asked.where(TicketRow.lang == lang)
    pressing = (TicketRow.hours, TicketRow.agreed, TicketRow.certainty, TicketRow.id)
    rows: list[TicketRow] = []
    for half in (TicketRow.hours.is_not(None), TicketRow.hours.is_(None)):
        if len(rows) < limit:
            rows += session.scalars(asked.where(half).order_by(*pressing).limit(limit - len(rows)))
    return tickets(session, rows)


def corrected(session: Session, since: datetime | None, last: int) -> tuple[list[Ticket], int]:
    """Read the next part of the tickets that people judged, and the id to go on from."""
    asked = select(TicketRow).where(TicketRow.judged.is_(True), TicketRow.id > last).order_by(TicketRow.id).limit(PART)
    if since is not None:
        spoke = exists().where(CorrectionRow.ticket_id == TicketRow.id, CorrectionRow.at > since)
        asked = asked.where(spoke)
    rows = list(session.scalars(asked))
    return tickets(session, rows), rows[-1].id if rows else last


def disagreements(session: Session, limit: int, after: int | None) -> list[Disagreement]:
    """Compare each challenger's reading with the answer that was given."""
    found: list[Disagreement] = []
    last = after
    while len(found) < limit:
        asked = (
            select(ReadingRow.id, ReadingRow.ticket_id)
            .join(TicketRow, TicketRow.id == ReadingRow.ticket_id)
            .where(ReadingRow.shadow.is_(True), TicketRow.agreed.is_(False))
        )
        if last is not None:
            asked = asked.where(ReadingRow.id < last)
        part = session.execute(asked.order_by(ReadingRow.id.desc()).limit(PART)).all()
        if not part:
            break
        rows = session.scalars(select(TicketRow).where(TicketRow.id.in_({ticket for _, ticket in part})))
        by_id = {row.id: row for row in rows}
        read = dict(zip(by_id, tickets(session, list(by_id.values())), strict=True))
        for id_, ticket_id in part:
            if compared := _compare(read[ticket_id], id_):
                found.append(compared)
        last = part[-1].id
    return found[:limit]


def wordings(session: Session, ids: Sequence[int], longest: int) -> list[Wording]:
    """Read texts with the answers that were given to them, in the order of `ids`; who is gone is left out."""
    asked = select(TicketRow.id, TicketRow.lang, TicketRow.subject, TicketRow.received_at, TicketRow.text)
    asked = asked.where(TicketRow.id.in_(ids), func.length(TicketRow.text) <= longest)
    rows = {row.id: row for row in session.execute(asked)}
    given = (
        select(ReadingRow.ticket_id, ReadingRow.answer)
        .join(TicketRow, TicketRow.id == ReadingRow.ticket_id)
        .where(
            ReadingRow.ticket_id.in_(rows), ReadingRow.shadow.is_(False), ReadingRow.revision == TicketRow.revision
        )
    )  # fmt: skip
    answers = {id_: answer for id_, answer in session.execute(given.order_by(ReadingRow.id))}
    return [Wording(**rows[id_]._asdict(), answer=answers.get(id_, {})) for id_ in dict.fromkeys(ids) if id_ in rows]


def quarantine(session: Session, ids: Sequence[int], why: str, now: datetime) -> int:
    """Mark corrections as not believed, and work out anew what holds of their tickets."""
    if not why:
        raise ValueError("say why these corrections are not believed")
    held = CorrectionRow.id.in_(ids), CorrectionRow.quarantined.is_(None)
    touched = select(TicketRow).where(TicketRow.id.in_(select(CorrectionRow.ticket_id).where(*held)))
    rows = session.scalars(touched.order_by(TicketRow.id).with_for_update()).all()
    done = session.execute(update(CorrectionRow).where(*held).values(quarantined=why).returning(CorrectionRow.id)).all()
    for row in rows:
        row.version += 1
        row.changed_at = now
        settle(session, row)
    return len(done)


def _compare(ticket: Ticket, shadow_id: int) -> Disagreement | None:
    given = ticket.reading
    shadow = next((each for each in ticket.readings if each.id == shadow_id), None)
    if given is None or shadow is None or shadow.revision != ticket.revision:
        return None
    groups = differing(given.labels, shadow.labels)
    return Disagreement(ticket=ticket, shadow=shadow, groups=groups) if groups else None


def _matching(query: Query) -> Select[TicketRow]:
    asked = select(TicketRow)
    for name in ("source", "lang", "channel", "branch", "needs_review", "judged"):
        if (value := getattr(query, name)) is not None:
            asked = asked.where(getattr(TicketRow, name) == value)
    if query.received_from is not None:
        asked = asked.where(TicketRow.received_at >= query.received_from)
    if query.received_to is not None:
        asked = asked.where(TicketRow.received_at < query.received_to)
    for group, label in query.labels.items():
        held = exists().where(LabelRow.ticket_id == TicketRow.id, LabelRow.group == group, LabelRow.label == label)
        asked = asked.where(held)
    return asked


def _write_cursor(row: TicketRow) -> str:
    written = json.dumps([row.received_at.isoformat(), row.id])
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        written: Any = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment, id_ = written
        received = datetime.fromisoformat(moment)
        if received.tzinfo is None or type(id_) is not int or not 0 < id_ <= _LARGEST:
            raise ValueError("out of range")
        return received.astimezone(UTC), id_
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise ValueError("the cursor is none of this list's: begin again without one") from error
