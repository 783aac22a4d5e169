"""Locks that stand for what is not there yet.

SQLite lets in one writer at a time anyhow. In PostgreSQL a row that does not exist cannot be locked, so numbers are
locked in its place, until the transaction ends. Whoever needs several takes them in one order, so that no two wait for
each other: first the one of erasures, then names, then rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_ERASURES: Final = 0x5265636C6572
"""Any number that no other program uses in the same database."""


def alone(session: Session, names: Sequence[str]) -> None:
    """Wait until nobody else works at what these marks stand for, and keep others waiting."""
    if _is_postgres(session):
        for number in sorted({_number(mark) for mark in names}):
            session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def putting(session: Session, names: Sequence[str]) -> None:
    """As `alone`; and keep erasures out, as erasures keep this out, whatever the names."""
    if _is_postgres(session):
        session.execute(text("SELECT pg_advisory_xact_lock_shared(:number)"), {"number": _ERASURES})
        alone(session, names)


def erasing(session: Session) -> None:
    """Wait until nobody puts or erases anything or gathers tickets in groups, and keep others waiting.

    Nothing less will do: which tickets are a person's is known only once nobody adds one.
    """
    if _is_postgres(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ERASURES})


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _number(mark: str) -> int:
    """Cut a mark to the 64 bits that PostgreSQL takes; two that meet wait for each other, and that is all."""
    return int.from_bytes(bytes.fromhex(mark[:16]), "big", signed=True)
