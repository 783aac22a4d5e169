"""Ways to find what has changed, and what another model answered."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = (("changed_at", "id", "version"), ("model_version", "received_at", "id"))


def upgrade() -> None:
    """Make the indexes."""
    for columns in INDEXES:
        op.create_index(op.f(_name(columns)), "tickets", list(columns))


def downgrade() -> None:
    """Drop them."""
    for columns in INDEXES:
        op.drop_index(op.f(_name(columns)), "tickets")


def _name(columns: Sequence[str]) -> str:
    return f"ix_tickets_{'_'.join(columns)}"
