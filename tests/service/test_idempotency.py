from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from data.store.records import Put, Replay, TicketKey
from data.store.store import Store
from service.errors import BadRequest, Overloaded, RequestUnderWay, StoreFailed
from service.idempotency import Once, canonical, once, read_key
from service.keys import edit_keys, issue
from service.storing import StoreCalls
from tests.service.conftest import wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_tickets import URL, Desk, correct, desk, folder, problem, put

__all__ = ["desk", "folder"]

ASKED, TICKET = Once("k", "svc", "PUT /a"), TicketKey(source="shop", id="1")
KEY = {"idempotency-key": '"8e03978e-40d5"'}


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ('"8e03978e-40d5"', "8e03978e-40d5"),
        ("8e03978e-40d5", "8e03978e-40d5"),
        (r'"a \"b\" \\ c"', r'a "b" \ c'),
        (' "a" ', "a"),
        ('"' + "x" * 255 + '"', "x" * 255),
    ],
)
def test_a_key_is_a_string_in_quotes_or_without(given: str, key: str) -> None:
    assert read_key(Headers({"Idempotency-Key": given})) == key


@pytest.mark.parametrize(
    "given", ["", '""', '"', '"a', 'a"', '"a";b=1', '"a", "b"', '"å"', '"' + "x" * 256 + '"', "a b", r'"a\b"', "?1;"]
)
def test_a_key_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(BadRequest, match="Idempotency-Key"):
        read_key(Headers(raw=[(b"idempotency-key", given.encode())]))


def test_two_keys_are_one_too_many() -> None:
    with pytest.raises(BadRequest):
        read_key(Headers(raw=[(b"idempotency-key", b'"a"'), (b"idempotency-key", b'"a"')]))
    assert read_key(Headers({})) is None


def test_a_request_is_the_same_whichever_way_its_json_was_written() -> None:
    assert canonical("PUT", "/a", {"b": 1, "a": "ä"}) == canonical("PUT", "/a", {"a": "ä", "b": 1})
    assert canonical("PUT", "/a", {"a": 1}) != canonical("PUT", "/b", {"a": 1})


def test_a_request_is_done_once_and_answered_twice(desk: Desk) -> None:
    client = desk()
    first = client.put(URL, json={"text": "my parcel"}, headers=KEY)
    put(client, "gas smells")
    again = client.put(URL, content=b' {"text" : "my parcel"}', headers={**KEY, "content-type": "application/json"})
    assert (again.status_code, again.text, again.headers["etag"]) == (201, first.text, '"1"')
    assert client.get(URL).json()["revision"] == 2, "it was not put again"
    for _ in range(3):
        made = correct(client, {"kind": "other"}, headers={"idempotency-key": "decision-1"})
        assert (made.status_code, made.headers["etag"]) == (200, '"3"')
    assert len(client.get(URL).json()["corrections"]) == 1
    undone = [client.post(f"{URL}/labels/undo", headers={"idempotency-key": "undo-1"}) for _ in range(2)]
    assert [each.status_code for each in undone] == [200, 200]
    assert len(client.get(URL).json()["corrections"]) == 2


def test_a_key_with_another_request_is_refused(desk: Desk) -> None:
    client = desk()
    client.put(URL, json={"text": "my parcel"}, headers=KEY)
    for url, text in ((URL, "another"), ("/v1/tickets/shop/2", "my parcel")):
        response = client.put(url, json={"text": text}, headers=KEY)
        assert problem(response) == (422, "key-reused")
        assert response.json()["errors"][0]["field"] == "Idempotency-Key"
    assert problem(correct(client, {"kind": "other"}, headers={"idempotency-key": '"'})) == (400, "bad-request")


def test_what_was_refused_may_be_tried_again(desk: Desk) -> None:
    client = desk()
    assert problem(correct(client, {"kind": "other"}, headers=KEY)) == (404, "not-found")
    put(client)
    assert correct(client, {"kind": "other"}, headers=KEY).status_code == 200


def test_while_the_first_is_under_way_the_second_is_told_so(desk: Desk) -> None:
    gate = threading.Event()
    gate.set()
    engine = DummyEngine(before=lambda _: (gate.wait(10), None)[1])
    client = desk(engine)
    gate.clear()
    computed = len(engine.computed)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.put, URL, json={"text": "my parcel"}, headers=KEY)
        wait_until(lambda: len(engine.computed) > computed)
        second = client.put(URL, json={"text": "my parcel"}, headers=KEY)
        gate.set()
        assert first.result().status_code == 201
    assert problem(second) == (409, "request-under-way")
    assert int(second.headers["retry-after"]) >= 1


def test_a_storm_of_the_same_request_is_done_once(desk: Desk) -> None:
    client = desk()
    put(client)
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(correct, client, {"kind": "other"}, headers=KEY) for _ in range(24)]
        statuses = {each.result().status_code for each in sent}
    assert statuses <= {200, 409}
    assert 200 in statuses
    assert len(client.get(URL).json()["corrections"]) == 1


def test_what_was_answered_is_erased_with_its_ticket(desk: Desk, folder: Path) -> None:
    client = desk()
    client.put(URL, json={"text": "Words that were only said once"}, headers=KEY)
    client.delete(URL)
    assert b"only said once" not in b"".join(each.read_bytes() for each in folder.iterdir())
    assert problem(client.put(URL, json={"text": "Words that were only said once"}, headers=KEY)) == (410, "erased")


def test_keys_of_two_clients_never_meet(desk: Desk, tmp_path: Path) -> None:
    shown = []
    with edit_keys(tmp_path / "keys.json") as records:
        for name in ("one", "other"):
            record, key = issue(name, ["tickets"], now=datetime.now(UTC))
            records.append(record)
            shown.append({"x-api-key": key, **KEY})
    client = desk(keys=tmp_path / "keys.json")
    assert client.put(URL, json={"text": "a"}, headers=shown[0]).status_code == 201
    assert client.put("/v1/tickets/shop/2", json={"text": "b"}, headers=shown[1]).status_code == 201


def test_where_the_commit_failed_nobody_is_told_that_nothing_was_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = desk()
    store: Store = client.app.state.tickets.calls.store  # type: ignore[attr-defined]
    kept = store.put

    def lose(connection: Connection) -> None:
        connection.connection.commit()
        raise OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))

    def put(*given: Any, **told: Any) -> Put:
        event.listen(store._database, "commit", lose)
        try:
            return kept(*given, **told)
        finally:
            event.remove(store._database, "commit", lose)

    with monkeypatch.context() as patched:
        patched.setattr(store, "put", put)
        failed = client.put(URL, json={"text": "my parcel"}, headers=KEY)
    assert problem(failed) == (503, "store-failed")
    assert "nothing was kept" not in failed.text
    assert 110 <= int(failed.headers["retry-after"]) <= 120, "when the key is free again"
    assert client.get(URL).json()["text"] == "my parcel"
    again = client.put(URL, json={"text": "my parcel"}, headers=KEY)
    assert problem(again) == (409, "request-under-way")


@pytest.mark.parametrize("call", ["known", "put"])
def test_where_the_store_failed_before_the_commit_the_key_may_be_sent_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    client = desk()
    store: Store = client.app.state.tickets.calls.store  # type: ignore[attr-defined]

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("database is locked"))

    with monkeypatch.context() as patched:
        patched.setattr(store, call, fail)
        failed = client.put(URL, json={"text": "my parcel"}, headers=KEY)
    assert problem(failed) == (503, "store-failed")
    assert "nothing was kept: send it again" in failed.text
    assert client.put(URL, json={"text": "my parcel"}, headers=KEY).status_code == 201


def unsure() -> StoreFailed:
    failed = StoreFailed("gone")
    failed.unsure = True
    return failed


@pytest.mark.parametrize(
    ("failure", "free"),
    [
        (Overloaded("full"), True),
        (ClientDisconnect(), True),
        (RuntimeError("the engine"), True),
        (StoreFailed("gone"), True),
        (unsure(), False),
        (OSError(), False),
    ],
)
def test_a_key_is_free_again_only_where_surely_nothing_was_done(tmp_path: Path, failure: Exception, free: bool) -> None:
    async def fail() -> Replay:
        raise failure

    async def act(calls: StoreCalls) -> None:
        with pytest.raises(type(failure)):
            await once(calls, ASKED, TICKET, fail)
        if free:
            with pytest.raises(type(failure)):
                await once(calls, ASKED, TICKET, fail)
        else:
            with pytest.raises(RequestUnderWay):
                await once(calls, ASKED, TICKET, fail)

    asking(tmp_path, act)


def test_a_key_stays_under_way_where_its_request_was_cut_off(tmp_path: Path) -> None:
    """The write goes on on its thread, and may well be done."""

    async def act(calls: StoreCalls) -> None:
        begun = asyncio.Event()

        async def hang() -> Replay:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

        task = asyncio.create_task(once(calls, ASKED, TICKET, hang))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(RequestUnderWay):
            await once(calls, ASKED, TICKET, hang)

    asking(tmp_path, act)


def asking(folder: Path, act: Callable[[StoreCalls], Awaitable[None]]) -> None:
    async def run() -> None:
        calls = StoreCalls(Store.open(f"sqlite:///{folder}/tickets.db", folder / "secret"), lambda *_: None)
        calls.start()
        try:
            await act(calls)
        finally:
            await calls.stop()

    asyncio.run(run())
