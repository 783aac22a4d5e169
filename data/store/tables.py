"""The tables. Answers and corrections are only ever added to.

`ticket_labels` and some columns of `tickets` repeat what follows from them, so that lists and reports need not look at
every row.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Dialect, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime, TypeDecorator

Number = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")


class Utc(TypeDecorator[datetime]):
    """A moment, in UTC whatever the database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store without a zone, which SQLite has none of."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read as UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


_NEVER_AGAIN: Final = {"sqlite_autoincrement": True}
"""An id is not given anew after its row was erased: cursors and requests under way may still name it."""


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        }
    )


class TicketRow(Base):
    """A ticket as it stands."""

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index(None, "received_at", "id"),
        Index(None, "source", "received_at", "id"),
        Index(None, "subject"),
        Index(None, "waiting", "hours", "agreed", "certainty", "id"),
        Index(None, "changed_at", "id", "version"),
        Index(None, "model_version", "received_at", "id"),
        _NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    source: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str] = mapped_column(String(256))
    mark: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(64))
    revision: Mapped[int]
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    lang: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(64))
    branch: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(Utc)
    stored_at: Mapped[datetime] = mapped_column(Utc)
    changed_at: Mapped[datetime] = mapped_column(Utc)
    first_answered_at: Mapped[datetime | None] = mapped_column(Utc)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)
    contact: Mapped[int | None]
    hours: Mapped[float | None]
    certainty: Mapped[float]
    needs_review: Mapped[bool]
    judged: Mapped[bool]
    agreed: Mapped[bool]
    """Whether no challenger reads it otherwise."""
    waiting: Mapped[bool]
    """Whether a person should look: the model asks for one or a challenger differs, and nobody has judged it."""
    model_version: Mapped[str] = mapped_column(String(128))


class ReadingRow(Base):
    """What a model said."""

    __tablename__ = "readings"
    __table_args__ = (Index(None, "ticket_id"), Index(None, "shadow", "id"), _NEVER_AGAIN)

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(Utc)
    shadow: Mapped[bool]
    model_version: Mapped[str] = mapped_column(String(128))
    taxonomy_version: Mapped[str] = mapped_column(String(128))
    labels: Mapped[dict[str, Any]] = mapped_column(Json)
    certainty: Mapped[float]
    hours: Mapped[float | None]
    review: Mapped[list[Any]] = mapped_column(Json)
    answer: Mapped[dict[str, Any]] = mapped_column(Json)


class CorrectionRow(Base):
    """What a person said."""

    __tablename__ = "corrections"
    __table_args__ = (
        Index(None, "ticket_id", "at"),
        Index(None, "author"),
        Index(None, "undoes"),  # without it, each correction that is erased would be looked for in all others
        _NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(Utc)
    author: Mapped[str] = mapped_column(String(128))
    reason: Mapped[str] = mapped_column(Text)
    taxonomy_version: Mapped[str] = mapped_column(String(128))
    labels: Mapped[dict[str, Any]] = mapped_column(Json)
    hours: Mapped[float | None]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("corrections.id", ondelete="CASCADE"))
    quarantined: Mapped[str | None] = mapped_column(Text)


class LabelRow(Base):
    """A label that holds now, and whether a machine or a person said so."""

    __tablename__ = "ticket_labels"
    __table_args__ = (Index(None, "group", "label", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    group: Mapped[str] = mapped_column(String(16), primary_key=True)
    label: Mapped[str] = mapped_column(String(64), primary_key=True)
    by: Mapped[str] = mapped_column(String(8))


class Tombstone(Base):
    """Stands for a ticket or a subject that was erased and must not come back; nobody can read who it was."""

    __tablename__ = "tombstones"

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(Utc)


class SealRow(Base):
    """Stands for the secret that all marks here were made with."""

    __tablename__ = "seal"

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)


class IdempotencyRow(Base):
    """A request that came with an idempotency key, and its answer once there is one."""

    __tablename__ = "idempotency"
    __table_args__ = (Index(None, "expires_at"), Index(None, "ticket_id"))

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(Utc)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(Text)


class EmergingRow(Base):
    """A group of tickets that fit no theme. It keeps what was found of it, never a text."""

    __tablename__ = "emerging"
    __table_args__ = (Index(None, "status", "seen_at"), Index(None, "into"), _NEVER_AGAIN)

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    found_at: Mapped[datetime] = mapped_column(Utc)
    seen_at: Mapped[datetime] = mapped_column(Utc)
    """When it was last found."""
    steadiness: Mapped[float]
    words: Mapped[dict[str, Any]] = mapped_column(Json)
    near: Mapped[list[Any]] = mapped_column(Json)
    names: Mapped[dict[str, Any]] = mapped_column(Json)
    label: Mapped[str | None] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(128))
    """Who decided on it last; empty where nobody has."""
    decided_at: Mapped[datetime | None] = mapped_column(Utc)
    into: Mapped[int | None] = mapped_column(ForeignKey("emerging.id", ondelete="CASCADE"))
    """The group that it was merged into."""


class EmergingMemberRow(Base):
    """A ticket of such a group."""

    __tablename__ = "emerging_members"
    __table_args__ = (Index(None, "ticket_id"),)

    group_id: Mapped[int] = mapped_column(ForeignKey("emerging.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int]
    """Of the text that was read: another one may be about something else."""
    closeness: Mapped[float]
    """How near it is to the middle of its group, 1 at the most."""
