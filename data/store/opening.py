"""Open a database, and bring its tables to this program's version.

SQLite is set to keep what it acknowledged through a loss of power (WAL, `synchronous=FULL`), to overwrite what is deleted
(`secure_delete`) and to let one writer in at a time: a transaction that writes says so at its beginning, so that no two
fail each other half-way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from data.store.errors import StoreUnusable

WRITES: Final = {"reclamo_writes": True}
"""Execution options of a transaction that will write."""

_BUSY_SECONDS: Final = 20
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x5245434C414D4F
"""Of PostgreSQL, held while the tables are brought up to date."""

_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


def open_database(url: str, *, connections: int = 8) -> Engine:
    """Connect and migrate. `url` is as SQLAlchemy writes it (`sqlite:///tickets.db`, `postgresql://…`).

    Raises `StoreUnusable`, which says what to do.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
            engine = create_engine(parsed, pool_size=connections, max_overflow=0, pool_pre_ping=True)
        elif parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            # Pages of the WAL are shared; each thread has a connection of its own.
            engine = create_engine(
                parsed, pool_size=connections, max_overflow=0, connect_args={"timeout": _BUSY_SECONDS}
            )
            event.listen(engine, "connect", _prepare)
            event.listen(engine, "begin", _begin)
        else:
            raise StoreUnusable("a store is sqlite:///FILE or postgresql://USER@HOST/DATABASE")
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreUnusable("the store's address cannot be read: write sqlite:///FILE or postgresql://…") from error
    except ModuleNotFoundError as error:
        raise StoreUnusable("PostgreSQL needs more software: pip install 'reclamo[postgres]'") from error
    except OSError as error:
        raise StoreUnusable(f"the store's folder cannot be made: {type(error).__name__}") from error
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


def _migrate(engine: Engine) -> None:
    with engine.execution_options(**WRITES).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("reclamo_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
