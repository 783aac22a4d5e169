"""Make a database let go of what was deleted from it.

SQLite overwrites what is deleted (`secure_delete`), but not what lay in the same page before its rows were moved to
others: that can be found in the file, byte for byte, after every row is gone. Only writing the database anew (`VACUUM`)
leaves nothing. That it has to be done is noted in the transaction that deletes, so that no crash forgets it.

PostgreSQL frees the space for other rows; docs/security.md tells what it and its own write-ahead log keep.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data.store.opening import PLAIN

log = logging.getLogger("data.store")

PATIENCE: Final = 5.0
"""Seconds that other writers, and readers of an older state, are waited for."""

VACUUMED: Final = (
    "tickets", "readings", "corrections", "ticket_labels", "idempotency", "emerging", "emerging_members",
)  # fmt: skip
"""Tables of PostgreSQL that deleted rows lie in."""

_STEP: Final = 0.1
"""Seconds that one try at emptying the write-ahead log keeps writers waiting."""

_IN_MEMORY: Final = 64 * 2**20
"""Bytes of a database up to which its copy is made in memory; a larger one's is a nameless file for the temporary."""

_MOST: Final = 2**31 - 1


def owe(session: Session) -> None:
    """Note, with the deletion and as lastingly, that it has to be swept out."""
    if session.get_bind().dialect.name == "sqlite":
        owed: int = session.execute(text("PRAGMA user_version")).scalar_one()
        session.execute(text(f"PRAGMA user_version={owed % _MOST + 1}"))


def sweep(database: Engine, patience: float = PATIENCE) -> bool:
    """Sweep out what was deleted; returns whether nothing is left to be swept.

    Where others are in the way for too long, or the disk has no room for a copy, it is still owed: the next sweep or
    the next opening tries again.
    """
    try:
        done = _vacuum(database) if database.dialect.name == "postgresql" else _rewrite(database, patience)
    except SQLAlchemyError as error:
        told = getattr(error, "orig", None) or type(error).__name__
        log.warning("what was deleted could not be swept out yet, the next sweep tries again: %s", told)
        return False
    if not done:
        log.warning("what was deleted is still being read in the write-ahead log; the next sweep tries again")
    return done


def _vacuum(database: Engine) -> bool:
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM {', '.join(VACUUMED)}"))
    return True


def _rewrite(database: Engine, patience: float) -> bool:
    with database.connect().execution_options(**PLAIN) as connection:
        owed = _pragma(connection, "user_version")
        if not owed:
            return True
        waits, place = _pragma(connection, "busy_timeout"), _pragma(connection, "temp_store")
        try:
            if Path(str(database.url.database)).stat().st_size > _IN_MEMORY:
                connection.exec_driver_sql("PRAGMA temp_store=FILE")
            if not _empty_log(connection, patience):
                return False  # to write anew would add a whole copy to it, at every try
            connection.exec_driver_sql(f"PRAGMA busy_timeout={round(patience * 1_000)}")
            connection.exec_driver_sql("VACUUM")
            if not _empty_log(connection, patience):
                return False
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            if _pragma(connection, "user_version") == owed:  # nobody has deleted anything since
                connection.exec_driver_sql("PRAGMA user_version=0")
            connection.exec_driver_sql("COMMIT")
        finally:
            connection.exec_driver_sql(f"PRAGMA temp_store={place}")
            connection.exec_driver_sql(f"PRAGMA busy_timeout={waits}")
    return True


def _empty_log(connection: Connection, patience: float) -> bool:
    deadline = time.monotonic() + patience
    connection.exec_driver_sql(f"PRAGMA busy_timeout={round(_STEP * 1_000)}")
    while connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
        if time.monotonic() >= deadline:
            return False
        time.sleep(_STEP)
    return True


def _pragma(connection: Connection, name: str) -> int:
    found: int = connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
    return found
