"""The same store on both databases: SQLite in a folder, and the PostgreSQL server of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.store.store import Store
from tests.data.store.postgres import Server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store' / 'tickets.db'}"
    server: Server = request.getfixturevalue("server")
    return server.url()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    return tmp_path / "secret" / "store.key"


@pytest.fixture
def store(url: str, secret: Path) -> Iterator[Store]:
    store = Store.open(url, secret)
    yield store
    store.close()


@pytest.fixture
def lite(tmp_path: Path, secret: Path) -> Iterator[Store]:
    """A store in SQLite, in `tmp_path / "store"`."""
    store = Store.open(f"sqlite:///{tmp_path / 'store' / 'tickets.db'}", secret)
    yield store
    store.close()
