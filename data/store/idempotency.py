"""Requests that come with an idempotency key (IETF draft-ietf-httpapi-idempotency-key-header): each is done once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from data.store import locks
from data.store.errors import KeyMismatch, KeyUnderWay
from data.store.records import Lease, Replay
from data.store.tables import IdempotencyRow

KEPT: Final = timedelta(hours=24)
"""An answer is given again for so long."""

LEASE: Final = timedelta(minutes=2)
"""A request that has not ended by then was cut off, and may be tried again."""


def begin(session: Session, mark: str, fingerprint: str) -> Lease | Replay:
    """Note that the request has begun, or return its answer; raises `KeyMismatch` and `KeyUnderWay`."""
    locks.alone(session, [mark])
    now = datetime.now(UTC)
    row = session.get(IdempotencyRow, mark)
    if row and row.expires_at > now:
        if row.fingerprint != fingerprint:
            raise KeyMismatch("this idempotency key came with another request before: make a new one")
        if row.status is None or row.body is None:
            left = row.expires_at - now
            # Most end in a moment: as long again as it has taken so far, and no longer than the key is taken.
            raise KeyUnderWay(min(left, LEASE - left).total_seconds())
        return Replay(status=row.status, body=row.body)
    if row:
        session.delete(row)
        session.flush()
    lease = Lease(mark=mark, until=now + LEASE)
    session.add(IdempotencyRow(mark=mark, fingerprint=fingerprint, expires_at=lease.until))
    return lease


def finish(session: Session, lease: Lease, reply: Replay | None, ticket_id: int | None) -> None:
    """Keep the answer, tied to its ticket so that it is erased with it; or forget the request.

    Where another one has begun with the same key since, nothing is done.
    """
    row = session.get(IdempotencyRow, lease.mark)
    if row is None or row.expires_at != lease.until:
        return
    if reply is None:
        session.delete(row)
        return
    row.status, row.body, row.ticket_id = reply.status, reply.body, ticket_id
    row.expires_at = datetime.now(UTC) + KEPT
