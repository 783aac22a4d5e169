"""Lists of tickets: by what was asked for, for review, and for training."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from data.store.records import BELIEVED, Page, Query, Ticket, Wording
from data.store.rows import settle, tickets
from data.store.standing import MACHINE, PERSON
from data.store.tables import CorrectionRow, LabelRow, ReadingRow, TicketRow
from data.taxonomy import GroupId
from data.taxonomy_history import TaxonomyHistory

_LARGEST: Final = 2**63 - 1
"""Of ids, in both databases."""

PART: Final = 200
"""Tickets that are read at once where all are gone through."""


def page(session: Session, query: Query, limit: int, after: str | None, history: TaxonomyHistory | None) -> Page:
    """List tickets newest first; the cursor is opaque, and stays right while others are added."""
    asked = _matching(query, history).order_by(TicketRow.received_at.desc(), TicketRow.id.desc()).limit(limit + 1)
    if after is not None:
        asked = asked.where(tuple_(TicketRow.received_at, TicketRow.id) < _read_cursor(after))
    rows = list(session.scalars(asked))
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(tickets=tickets(session, rows), next=_write_cursor(rows[-1]) if more else None)


def queue(session: Session, lang: str | None, limit: int) -> list[Ticket]:
    """List what waits for a person: the most pressing first, then what challengers differ on, then what is unsure.

    Of challengers the newest counts: what only others differ on, and the model is sure of, is left out. What has no
    urgency comes last, and is asked for apart, so that each half is read in the order of its index.
    """
    said = select(ReadingRow.model_version).where(ReadingRow.shadow.is_(True))
    newest = said.order_by(ReadingRow.id.desc()).limit(1).scalar_subquery()
    read = _read_by(ReadingRow.shadow.is_(True), ReadingRow.model_version == newest)
    asked = select(TicketRow).where(TicketRow.waiting.is_(True), or_(TicketRow.needs_review.is_(True), read))
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
    """Mark corrections as not believed; those that were believed again stay so."""
    if not why:
        raise ValueError("say why these corrections are not believed")
    return _mark(session, now, why, CorrectionRow.id.in_(ids), CorrectionRow.quarantined.is_(None))


def believe(session: Session, author: str, now: datetime) -> int:
    """Mark an author's quarantined corrections as believed again."""
    return _mark(session, now, BELIEVED, CorrectionRow.author == author, CorrectionRow.quarantined != BELIEVED)


def _mark(session: Session, now: datetime, mark: str, *which: ColumnElement[bool]) -> int:
    """Mark corrections, and work out anew what holds of their tickets; returns how many there were."""
    touched = select(TicketRow).where(TicketRow.id.in_(select(CorrectionRow.ticket_id).where(*which)))
    rows = session.scalars(touched.order_by(TicketRow.id).with_for_update()).all()
    done = session.execute(
        update(CorrectionRow).where(*which).values(quarantined=mark).returning(CorrectionRow.id)
    ).all()
    for row in rows:
        row.version += 1
        row.changed_at = now
        settle(session, row)
    return len(done)


def _matching(query: Query, history: TaxonomyHistory | None) -> Select[TicketRow]:
    asked = select(TicketRow)
    for name in ("source", "lang", "channel", "branch", "needs_review", "judged"):
        if (value := getattr(query, name)) is not None:
            asked = asked.where(getattr(TicketRow, name) == value)
    if query.received_from is not None:
        asked = asked.where(TicketRow.received_at >= query.received_from)
    if query.received_to is not None:
        asked = asked.where(TicketRow.received_at < query.received_to)
    for group, label in query.labels.items():
        named = _named(group, label, history) if history else LabelRow.label == label
        asked = asked.where(exists().where(LabelRow.ticket_id == TicketRow.id, LabelRow.group == group, named))
    return asked


def _named(group: GroupId, label: str, history: TaxonomyHistory) -> ColumnElement[bool]:
    """Say by which ids a label of today's taxonomy is held: by its own, and by those that became it.

    An old id is looked up with the taxonomy that it was given by, and so is the label's own id where another taxonomy
    meant something else by it.
    """
    became: dict[str, list[str]] = {label: []}
    others: list[str] = []
    for version in history.versions:
        chain = history.chain(version)
        for old in chain.old.ids(group):
            if label in chain.fate(group, old):
                became.setdefault(old, []).append(version)
            elif old == label:
                others.append(version)
    own = became.pop(label)
    ways = [and_(LabelRow.label == label, _given_by(own)) if others and own else LabelRow.label == label]
    ways += [and_(LabelRow.label == old, _given_by(versions)) for old, versions in became.items()]
    return or_(*ways)


def _given_by(taxonomies: Sequence[str]) -> ColumnElement[bool]:
    """Say that whoever gave the label did so by one of these taxonomies."""
    answered = _read_by(
        ReadingRow.shadow.is_(False), ReadingRow.model_version == TicketRow.model_version,
        ReadingRow.taxonomy_version.in_(taxonomies),
    )  # fmt: skip
    corrected = exists().where(
        CorrectionRow.ticket_id == TicketRow.id, CorrectionRow.revision == TicketRow.revision,
        CorrectionRow.undoes.is_(None), CorrectionRow.taxonomy_version.in_(taxonomies),
    ).correlate(TicketRow)  # fmt: skip
    return or_(and_(LabelRow.by == MACHINE, answered), and_(LabelRow.by == PERSON, corrected))


def _read_by(*models: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say that a ticket's newest text has such a reading."""
    own = ReadingRow.ticket_id == TicketRow.id, ReadingRow.revision == TicketRow.revision
    return exists().where(*own, *models).correlate(TicketRow)


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
