"""The database of a store, read and written in transactions."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data.store.opening import WRITES

ROOM = 16 * 2**20
"""Bytes that SQLite's disk must have free for the store to be called writable."""


class Uncertain(SQLAlchemyError):
    """The database failed as it committed: nobody knows whether it did. After any other failure nothing was kept."""

    def __init__(self, error: SQLAlchemyError) -> None:
        super().__init__(str(error))
        self.orig = getattr(error, "orig", None)


class Database:
    """Gives sessions to read and to write in, from several threads."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        postgres = database.dialect.name == "postgresql"
        # A ticket is read in several statements, which must see one state of it; SQLite does that anyhow.
        self._reading = database.execution_options(isolation_level="REPEATABLE READ") if postgres else database
        self._writing = database.execution_options(**WRITES)
        # SQLite takes one writer at a time, and lets the others sleep and try again: threads had better queue.
        self._turn: AbstractContextManager[object] = nullcontext() if postgres else threading.Lock()

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()

    def writable(self) -> bool:
        """Say whether something could be written now."""
        file = self._database.url.database
        if self._database.dialect.name == "sqlite" and file and shutil.disk_usage(Path(file).parent).free < ROOM:
            return False
        try:
            with self._write() as session:
                session.execute(text("UPDATE tombstones SET at = at WHERE mark = ''"))
        except SQLAlchemyError:
            return False
        return True

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with Session(self._reading) as session, session.begin():
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with self._turn, Session(self._writing) as session:
            yield session
            session.flush()
            try:
                session.commit()
            except SQLAlchemyError as error:
                raise Uncertain(error) from error
