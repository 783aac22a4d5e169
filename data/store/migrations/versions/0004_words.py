"""Words of groups, with how many people used each: those without are taken away, until groups are found anew."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Take the words away, for good: some may be of who was erased."""
    _forget()


def downgrade() -> None:
    """Take the words away: an earlier program would not know what the numbers are."""
    _forget()


def _forget() -> None:
    gone = op.get_bind().execute(sa.text("UPDATE emerging SET words = '{}'")).rowcount
    if gone and op.get_bind().dialect.name == "sqlite":
        owed = op.get_bind().execute(sa.text("PRAGMA user_version")).scalar_one()
        op.execute(
            f"PRAGMA user_version={owed % (2**31 - 1) + 1}"
        )  # the file is written anew at the end of the opening
