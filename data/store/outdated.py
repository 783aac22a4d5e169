"""Tickets whose answer another model gave than the one that answers now."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from data.store.records import TicketKey
from data.store.tables import TicketRow


class Place(NamedTuple):
    """Where a ticket stands in the order of receipt."""

    received_at: datetime
    id: int


class Outdated(NamedTuple):
    """Such a ticket."""

    place: Place
    key: TicketKey


def count_outdated(session: Session, model: str) -> int:
    """Count them."""
    others = or_(TicketRow.model_version < model, TicketRow.model_version > model)
    return session.scalar(select(func.count()).select_from(TicketRow).where(others)) or 0


def list_outdated(session: Session, model: str, limit: int, before: Place | None) -> list[Outdated]:
    """List some, the newest received first, going on `before` the last of the list before.

    Each version is asked for by itself: so every part of the list is read in the order of an index.
    """
    found: list[Outdated] = []
    for version in _versions(session):
        if version == model:
            continue
        asked = select(TicketRow.received_at, TicketRow.id, TicketRow.source, TicketRow.external_id)
        asked = asked.where(TicketRow.model_version == version)
        if before is not None:
            asked = asked.where(tuple_(TicketRow.received_at, TicketRow.id) < tuple(before))
        asked = asked.order_by(TicketRow.received_at.desc(), TicketRow.id.desc()).limit(limit)
        for received_at, id_, source, name in session.execute(asked):
            found.append(Outdated(Place(received_at, id_), TicketKey(source=source, id=name)))
    return heapq.nlargest(limit, found, key=lambda each: each.place)


def _versions(session: Session) -> Iterator[str]:
    """Go through the versions that tickets have, leaping from one to the next over all tickets in between."""
    last = session.scalar(select(func.min(TicketRow.model_version)))
    while last is not None:
        yield last
        last = session.scalar(select(func.min(TicketRow.model_version)).where(TicketRow.model_version > last))
