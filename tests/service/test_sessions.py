from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from service.keys import Key, KeyRing, edit_keys, issue
from service.sessions import COOKIE, LASTS, Sessions, below_folder, shown_token


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def make(path: Path, name: str = "boss", expires: datetime | None = None) -> Key:
    key, _ = issue(name, ["reports"], now=datetime.now(UTC), expires=expires)
    with edit_keys(path) as keys:
        keys.append(key)
    return key


def test_a_token_opens_what_its_key_opens_until_its_time_is_over(path: Path) -> None:
    key, now = make(path), [0.0]
    sessions = Sessions(KeyRing(path), clock=lambda: now[0])
    token, other = sessions.open(key), sessions.open(key)
    assert token != other
    assert len(token) >= 43
    assert sessions.find(token) == key
    for wrong in (None, "", token[:-1], token + "x", "\udcff"):
        assert sessions.find(wrong) is None
    sessions.close(other)
    assert sessions.find(other) is None
    now[0] = LASTS - 1
    assert sessions.find(token) == key
    now[0] = LASTS
    assert sessions.find(token) is None


def test_a_session_ends_with_its_key(path: Path) -> None:
    now = datetime.now(UTC)
    keys = [make(path, "revoked"), make(path, "expires", now + timedelta(hours=1)), make(path, "stays")]
    later = [0.0]
    ring = KeyRing(path, clock=lambda: later[0], now=lambda: now + timedelta(hours=later[0]))
    sessions = Sessions(ring)
    tokens = [sessions.open(key) for key in keys]
    assert [sessions.find(token) for token in tokens] == keys
    with edit_keys(path) as held:
        held[:] = [key for key in held if key.name != "revoked"]
    later[0] = 2.0
    assert [sessions.find(token) for token in tokens] == [None, None, keys[2]]


def test_there_are_no_more_sessions_than_a_table_holds(path: Path) -> None:
    key = make(path)
    sessions = Sessions(KeyRing(path), most=3)
    tokens = [sessions.open(key) for _ in range(5)]
    assert [sessions.find(token) is not None for token in tokens] == [False, False, True, True, True]


def test_the_cookie_is_found_among_others() -> None:
    assert shown_token(Headers({"cookie": f"a=1; {COOKIE}=abc; b=2"})) == "abc"
    assert shown_token(Headers({"cookie": f"x{COOKIE}=abc; {COOKIE}="})) is None
    assert shown_token(Headers({})) is None


def test_a_session_opens_one_folder() -> None:
    asked = ["/reports", "/reports/x/y.svg", "/reportsx", "/", "/v1/reports"]
    assert [below_folder(each) for each in asked] == [True, True, False, False, False]
