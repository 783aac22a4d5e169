"""What was acknowledged is kept: through SIGKILL at any moment, and through a full disk."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from data.store.errors import StoreUnusable
from data.store.records import Query
from data.store.store import Store
from tests.data.store.making import correction, held, key, new, reading

ROOT = Path(__file__).parents[3]
KILLS = int(os.environ.get("STORE_KILLS", "25"))
SEED = 20_261_122


def test_no_acknowledged_write_is_lost_when_the_writer_is_killed(url: str, secret: Path) -> None:
    command = [sys.executable, "-m", "tests.data.store.kills", url, str(secret), str(KILLS), str(SEED)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60 + 10 * KILLS, check=False)
    assert done.returncode == 0, done.stderr
    assert "none missing" in done.stdout
    assert int(done.stdout.split()[0]) > KILLS, "the writers got to write"


@contextmanager
def full_disk(files: list[Path], more: int) -> Iterator[None]:
    """No file of this process may grow beyond the largest of these, and `more` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(path.stat().st_size for path in files) + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_refuses_clearly_and_loses_nothing(lite: Store, tmp_path: Path) -> None:
    for number in range(10):
        lite.put(new(lite, number, "A text. " * 300), reading())
    folder = tmp_path / "store"
    acknowledged = {str(number) for number in range(10)}
    with full_disk(list(folder.iterdir()), 30_000):
        refusals: list[str] = []
        for number in range(10, 60):
            try:
                lite.put(new(lite, number, "The canary sings. " * 300), reading())
                acknowledged.add(str(number))
            except SQLAlchemyError as error:
                refusals.append(str(error))
        assert len(refusals) > 10
        assert "canary" not in "".join(refusals)
        with pytest.raises(SQLAlchemyError):
            lite.correct(key(1), correction(reason="x" * 2_000))
        assert {each.key.id for each in lite.list(Query(), limit=100).tickets} == acknowledged, "it can still be read"
    lite.put(new(lite, 99), reading())
    lite.correct(key(1), correction())
    assert {each.key.id for each in lite.list(Query(), limit=100).tickets} == acknowledged | {"99"}
    lite.close()
    with closing(sqlite3.connect(folder / "tickets.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_an_erasure_on_a_full_disk_is_swept_out_once_there_is_room(
    lite: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(40):
        lite.put(new(lite, number, f"A text of Kanarialintu{number:03d}. " * 300), reading())
    folder = tmp_path / "store"
    assert lite.erase(key(39))  # which empties the log: what it held would be room
    with full_disk([folder / "tickets.db-wal"], 200_000):
        assert lite.erase(key(7))
        assert "next sweep" in caplog.text
    assert lite.sweep()
    assert held(folder, "Kanarialintu007") == []
    assert held(folder, "Kanarialintu008") != []


def test_a_store_that_cannot_be_made_says_so(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "notes.txt").write_text("This is no database at all, it is a text. " * 100)
    for url, told in (
        (f"sqlite:///{tmp_path}/file/tickets.db", "cannot be made"),
        (f"sqlite:///{tmp_path}/notes.txt", "not a database"),
        ("sqlite://", "sqlite:///FILE"),
        ("sqlite:///:memory:", "sqlite:///FILE"),
        ("mysql://localhost/x", "sqlite:///FILE"),
        ("oracle+none://localhost/x", "sqlite:///FILE"),
        ("nonsense", "cannot be read"),
        (f"postgresql://nobody:secretword@/nothing?host={tmp_path}", "cannot be opened"),
    ):
        with pytest.raises(StoreUnusable, match=told) as refused:
            Store.open(url, secret)
        assert "secretword" not in str(refused.value)
    assert (tmp_path / "notes.txt").read_text().startswith("This is no database")
