from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.retention import DAY, MINUTES, SOON, purge_daily, read_days, sweep_again
from service.settings import Settings, SettingsError, read_settings
from service.storing import MOST_WAITING, check_store
from tests.service.conftest import settings, wait_until
from tests.service.toy_tickets import URL, Desk, desk, folder, problem, put

__all__ = ["desk", "folder"]

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_days_are_read() -> None:
    kept = read_days(" 365, zendesk=90 ")
    assert (kept.default, dict(kept.sources)) == (timedelta(days=365), {"zendesk": timedelta(days=90)})
    assert read_days("mail=1").default is None
    assert (read_days("").default, dict(read_days("").sources)) == (None, {})


@pytest.mark.parametrize("written", ["soon", "-1", "1.5", "9999999999", "a=b", "365,30", "a=1,a=2", "=5"])
def test_days_that_are_none_end_the_start(written: str) -> None:
    with pytest.raises(SettingsError, match="RECLAMO_RETENTION="):
        read_settings([f"--retention={written}"])


def test_the_purge_comes_daily_and_after_a_failure_in_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    slept: list[float] = []
    purged: list[datetime] = []

    async def purge(now: datetime) -> int:
        purged.append(now)
        if len(purged) == 2:
            raise OSError("hunter2")
        return 3

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(purge_daily(purge, now=lambda: NOW + timedelta(days=len(purged)), sleep=sleep))
    assert slept == [DAY, SOON, DAY]
    assert purged == [NOW, NOW + timedelta(days=1), NOW + timedelta(days=2)]
    assert "OSError" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_sweep_that_somebody_was_in_the_way_of_is_made_up_for_in_minutes(caplog: pytest.LogCaptureFixture) -> None:
    slept: list[float] = []
    asked: list[bool] = []

    async def catch_up() -> bool:
        asked.append(True)
        if len(asked) == 1:
            raise OSError("hunter2")
        return True

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(sweep_again(catch_up, sleep=sleep))
    assert (slept, len(asked)) == ([MINUTES] * 3, 2)
    assert "OSError" in caplog.text
    assert "hunter2" not in caplog.text


def test_the_service_catches_up_with_its_store(desk: Desk) -> None:
    client = desk()
    assert client.portal
    keeping: Any = client.app.state.keeping  # type: ignore[attr-defined]
    keeping.calls.store.swept = False
    assert client.portal.call(keeping.catch_up) is True
    assert keeping.calls.store.swept


def test_what_is_past_its_time_goes_by_its_source(desk: Desk) -> None:
    client = desk(retention="100,mail=10")
    for name, days in {"shop/old": 101, "shop/new": 99, "mail/old": 11, "mail/new": 9}.items():
        put(client, "a", f"/v1/tickets/{name}", received_at=(NOW - timedelta(days=days)).isoformat())
    assert client.portal
    keeping: Any = client.app.state.keeping  # type: ignore[attr-defined]
    assert client.portal.call(keeping.purge, NOW) == 2
    left = [f"{each['key']['source']}/{each['key']['id']}" for each in client.get("/v1/tickets").json()["tickets"]]
    assert sorted(left) == ["mail/new", "shop/new"]
    assert put(client, "a", "/v1/tickets/shop/old").status_code == 201, "a purge puts up no tombstone"


ERASE: dict[str, Callable[[TestClient], object]] = {
    "by name": lambda client: client.delete(URL),
    "by a put that tells whose it is": lambda client: put(client, "parcel", subject="erased before"),
}


@pytest.mark.parametrize("way", ERASE)
def test_what_is_erased_leaves_the_books_at_once(desk: Desk, way: str) -> None:
    client = desk(timezone="Asia/Ho_Chi_Minh")
    client.delete("/v1/subjects/erased%20before")
    books: Any = client.app.state.keeping.books  # type: ignore[attr-defined]
    assert str(books.zone) == "Asia/Ho_Chi_Minh"
    wait_until(lambda: books.ready)
    put(client, "parcel")
    wait_until(lambda: len(books.ledger) == 1, seconds=20)
    number = books.number
    ERASE[way](client)
    wait_until(lambda: len(books.ledger) == 0, seconds=4)
    assert books.number > number


def test_the_start_purges(desk: Desk, folder: Path) -> None:
    first = desk()
    put(first, "a", received_at="2001-01-01T00:00:00Z")
    first.__exit__(None, None, None)
    second = desk(retention="365")
    wait_until(lambda: second.get("/v1/tickets").json()["tickets"] == [])
    first.__enter__()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"store": "sqlite://"}, "lost at the end"),
        ({"store": "sqlite:///:memory:"}, "lost at the end"),
        ({"store": "tickets.db"}, "cannot be read"),
        ({"store": "postgresql://me@there/tickets"}, "RECLAMO_STORE_SECRET is needed"),
        ({"shadow": Path("x")}, "set RECLAMO_STORE too"),
    ],
)
def test_a_store_that_cannot_be_is_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        check_store(settings(**changes))


def test_the_secret_lies_beside_the_file_unless_it_is_named(tmp_path: Path) -> None:
    assert check_store(settings()) is None
    assert check_store(settings(store="sqlite:////var/tickets.db")) == Path("/var/tickets.db.secret")
    named = settings(store="postgresql://me@there/tickets", store_secret=tmp_path / "secret")
    assert check_store(named) == tmp_path / "secret"


@pytest.mark.parametrize(
    "url", ["postgresql://me:hunter2@there/tickets", "postgresql://there/t?password=hunter2&sslmode=require"]
)
def test_the_password_of_a_database_is_masked(url: str, caplog: pytest.LogCaptureFixture) -> None:
    lines = Settings(store=url).lines()
    assert "hunter2" not in str(lines)
    assert any(line.startswith("RECLAMO_STORE=postgresql://") and "***" in line for line in lines)
    assert "RECLAMO_STORE=sqlite:///var/tickets.db" in Settings(store="sqlite:///var/tickets.db").lines()


def test_calls_beyond_the_bound_are_refused(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    client = desk()
    calls: Any = client.app.state.keeping.calls  # type: ignore[attr-defined]
    calls._waiting = MOST_WAITING
    assert problem(client.get("/v1/tickets")) == (429, "overloaded")
    calls._waiting = 0
    assert client.get("/v1/tickets").status_code == 200
    assert calls._waiting == 0
