"""Tickets, what was said of them, tombstones and idempotency keys."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "tickets",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("external_id", sa.String(256), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lang", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("branch", sa.String(64), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("stored_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("first_answered_at", sa.DateTime(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("contact", sa.Integer(), nullable=True),
        sa.Column("hours", sa.Double(), nullable=True),
        sa.Column("certainty", sa.Double(), nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("judged", sa.Boolean(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("model_version", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_tickets_source_external_id")),
        sqlite_autoincrement=True,
    )
    _index("tickets", "received_at", "id")
    _index("tickets", "source", "received_at", "id")
    _index("tickets", "subject")
    _index("tickets", "waiting", "hours", "agreed", "certainty", "id")

    op.create_table(
        "readings",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("ticket_id", NUMBER, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("model_version", sa.String(128), nullable=False),
        sa.Column("taxonomy_version", sa.String(128), nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("certainty", sa.Double(), nullable=False),
        sa.Column("hours", sa.Double(), nullable=True),
        sa.Column("review", JSON, nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
        _goes_with_its_ticket("readings"),
        sqlite_autoincrement=True,
    )
    _index("readings", "ticket_id")
    _index("readings", "shadow", "id")

    op.create_table(
        "corrections",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("ticket_id", NUMBER, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("author", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("taxonomy_version", sa.String(128), nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("hours", sa.Double(), nullable=True),
        sa.Column("undoes", NUMBER, nullable=True),
        sa.Column("quarantined", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        _goes_with_its_ticket("corrections"),
        sa.ForeignKeyConstraint(["undoes"], ["corrections.id"], name=op.f("fk_corrections_undoes"), ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    _index("corrections", "ticket_id", "at")
    _index("corrections", "author")
    _index("corrections", "undoes")

    op.create_table(
        "ticket_labels",
        sa.Column("ticket_id", NUMBER, nullable=False),
        sa.Column("group", sa.String(16), nullable=False),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("by", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "group", "label", name=op.f("pk_ticket_labels")),
        _goes_with_its_ticket("ticket_labels"),
    )
    _index("ticket_labels", "group", "label", "ticket_id")

    op.create_table(
        "tombstones",
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "seal",
        sa.Column("mark", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_seal")),
    )

    op.create_table(
        "idempotency",
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("ticket_id", NUMBER, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_idempotency")),
        _goes_with_its_ticket("idempotency"),
    )
    _index("idempotency", "expires_at")
    _index("idempotency", "ticket_id")


def downgrade() -> None:
    """Drop all tables, and with them all that was kept."""
    for table in ("idempotency", "seal", "tombstones", "ticket_labels", "corrections", "readings", "tickets"):
        op.drop_table(table)


def _goes_with_its_ticket(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_ticket_id")
    return sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=name, ondelete="CASCADE")


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
