"""Groups of tickets that fit no theme, and who is in them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "emerging",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("steadiness", sa.Double(), nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.Column("near", JSON, nullable=False),
        sa.Column("names", JSON, nullable=False),
        sa.Column("label", sa.String(64), nullable=True),
        sa.Column("author", sa.String(128), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("into", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emerging")),
        sa.ForeignKeyConstraint(["into"], ["emerging.id"], name=op.f("fk_emerging_into"), ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_emerging_status_seen_at"), "emerging", ["status", "seen_at"])
    op.create_index(op.f("ix_emerging_into"), "emerging", ["into"])
    op.create_table(
        "emerging_members",
        sa.Column("group_id", NUMBER, nullable=False),
        sa.Column("ticket_id", NUMBER, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("closeness", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "ticket_id", name=op.f("pk_emerging_members")),
        _goes_with("group_id", "emerging"),
        _goes_with("ticket_id", "tickets"),
    )
    op.create_index(op.f("ix_emerging_members_ticket_id"), "emerging_members", ["ticket_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("emerging_members")
    op.drop_table("emerging")


def _goes_with(column: str, table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_emerging_members_{column}")
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, ondelete="CASCADE")
