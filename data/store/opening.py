"""Open a database, and bring its tables to this program's version.

SQLite is set to keep what it acknowledged through a loss of power (WAL, `synchronous=FULL`), to overwrite what is
deleted (`secure_delete`) and to let one writer in at a time: a transaction that writes says so at its beginning, so
that no two fail each other half-way. Its files are this user's alone.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from data.store.errors import StoreUnusable
from data.store.folders import make_folder
from data.whole import sync_folder

WRITES: Final = {"reclamo_begin": "BEGIN IMMEDIATE"}
"""Execution options of a transaction that will write."""

PLAIN: Final = {"reclamo_begin": None}
"""Execution options of statements that SQLite runs outside a transaction alone."""

_BUSY_SECONDS: Final = 20
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x5245434C414D4F
"""Of PostgreSQL, held while the tables are brought up to date."""

_PRAGMAS: Final = ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "temp_store=MEMORY")

_ALEMBIC: Final = threading.Lock()
"""Alembic keeps what it is at in a global place: one thread at a time."""


def open_database(url: str, *, connections: int = 8) -> Engine:
    """Connect and migrate. `url` is as SQLAlchemy writes it (`sqlite:///tickets.db`, `postgresql://…`).

    Raises `StoreUnusable`, which says what to do.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            engine = _postgres(parsed, connections)
        elif parsed.get_backend_name() == "sqlite" and (parsed.database or ":memory:") != ":memory:":
            engine = _sqlite(parsed, connections)
        else:
            raise StoreUnusable("a store is sqlite:///FILE or postgresql://USER@HOST/DATABASE")
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreUnusable("the store's address cannot be read: write sqlite:///FILE or postgresql://…") from error
    except ModuleNotFoundError as error:
        raise StoreUnusable(
            "PostgreSQL needs more software: pip install -c constraints.txt -e '.[postgres]'"
        ) from error
    except OSError as error:
        raise StoreUnusable(f"the store's file cannot be made: {error.strerror or type(error).__name__}") from error
    try:
        _migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        told = getattr(error, "orig", None) or error
        raise StoreUnusable(f"the store cannot be opened: {type(told).__name__}: {told}") from error
    except CommandError as error:
        engine.dispose()
        raise StoreUnusable("the store was written by a newer version of Reclamo: use that one") from error
    return engine


def head() -> str | None:
    """Name the newest version of the tables that this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _postgres(url: URL, connections: int) -> Engine:
    driver = url.set(drivername="postgresql+psycopg")
    # Parameters are customers' words: no error may repeat them.
    engine = create_engine(driver, pool_size=connections, max_overflow=0, pool_pre_ping=True, hide_parameters=True)
    event.listen(engine, "handle_error", _shorten)
    return engine


def _sqlite(url: URL, connections: int) -> Engine:
    file = Path(str(url.database))
    make_folder(file.parent)
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # -wal and -shm are made like it
        sync_folder(file.parent)
    except FileExistsError:
        pass
    waits = {"timeout": _BUSY_SECONDS}
    engine = create_engine(url, pool_size=connections, max_overflow=0, connect_args=waits, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _migrate(engine: Engine) -> None:
    with _ALEMBIC, engine.execution_options(**WRITES).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    _write_ahead(cursor)
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Change to WAL; while somebody else does that, SQLite refuses at once instead of waiting."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _shorten(context: ExceptionContext) -> None:
    """Leave out what PostgreSQL tells beyond its first line: its details hold the row."""
    told = getattr(getattr(context.original_exception, "diag", None), "message_primary", None)
    if told:
        context.original_exception.args = (told,)
        if context.sqlalchemy_exception:
            context.sqlalchemy_exception.args = (f"({type(context.original_exception).__name__}) {told}",)


def _begin(connection: Connection) -> None:
    if begin := connection.get_execution_options().get("reclamo_begin", "BEGIN"):
        connection.exec_driver_sql(begin)
