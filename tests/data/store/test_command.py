"""`python -m data store`: what an operator does to a store without the service."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.__main__ import main
from data.store import sweeping
from data.store.opening import head
from data.store.records import Query
from data.store.store import Store
from tests.data.store.making import new, reading


def run(action: str, url: str, secret: Path, *more: str) -> int:
    return main(["store", action, "--store", url, "--secret", str(secret), *more])


@pytest.fixture
def filled(url: str, secret: Path) -> str:
    store = Store.open(url, secret)
    for number in range(4):
        about = {"received_at": datetime.now(UTC) - timedelta(days=10 * number)}
        store.put(new(store, str(number), person="ann" if number else None, about=about), reading())
    store.close()
    return url


def left(url: str, secret: Path) -> str:
    store = Store.open(url, secret)
    found = "".join(each.key.id for each in store.list(Query()).tickets)
    store.close()
    return found


def test_upgrade_makes_the_tables(url: str, secret: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("upgrade", url, secret) == 0
    assert str(head()) in capsys.readouterr().out
    assert left(url, secret) == ""


def test_purge_takes_days_by_source(filled: str, secret: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("purge", filled, secret, "--retention", "jira=1,default=15") == 0
    assert capsys.readouterr().out == "2 tickets deleted\n"
    assert left(filled, secret) == "01"
    with pytest.raises(SystemExit, match="2"):
        run("purge", filled, secret, "--retention", "soon")
    assert "SOURCE=DAYS" in capsys.readouterr().err


def test_a_ticket_is_erased(filled: str, secret: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("erase-ticket", filled, secret, "zendesk", "2") == 0
    assert run("erase-ticket", filled, secret, "zendesk", "2") == 1
    assert "no such ticket" in capsys.readouterr().out
    assert run("erase-ticket", filled, secret, "", "2") == 2
    assert left(filled, secret) == "013"


@pytest.mark.parametrize("hidden", [False, True])
def test_a_person_is_erased(
    filled: str, secret: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, hidden: bool
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("ann\n"))
    assert run("erase-subject", filled, secret, "-" if hidden else "ann") == 0
    assert capsys.readouterr().out.startswith("3 tickets erased")
    assert left(filled, secret) == "0"


def test_nobody_is_erased_where_nobody_is_named(filled: str, secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run("erase-subject", filled, secret, "-") == 2
    assert run("erase-subject", filled, secret, "") == 2
    assert left(filled, secret) == "0123"


def test_what_cannot_be_opened_is_told(tmp_path: Path, secret: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("upgrade", "nonsense", secret) == 2
    assert "sqlite:///FILE" in capsys.readouterr().err


def test_bytes_that_are_left_are_told(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'tickets.db'}"
    store = Store.open(url, secret)
    store.put(new(store), reading())
    store.close()
    monkeypatch.setattr(sweeping.sweep, "__defaults__", (0.1,))
    with closing(sqlite3.connect(tmp_path / "tickets.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tickets").fetchall()
        assert run("erase-ticket", url, secret, "zendesk", "1") == 3
        assert "still in the database" in capsys.readouterr().err
        reader.execute("COMMIT")
    assert run("erase-ticket", url, secret, "zendesk", "1") == 1, "it is gone, and so are its bytes"
    assert capsys.readouterr().err == ""
