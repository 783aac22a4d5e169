from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from typing import Any

import pytest

from service.deadline import Deadline
from service.errors import DeadlinePassed, Overloaded, ShuttingDown, TooSlow
from service.storing import MOST_WAITING, THREADS, StoreCalls
from tests.service.conftest import settings
from tests.service.toy_tickets import Desk, desk, folder, problem, put

__all__ = ["desk", "folder"]


def test_what_no_thread_has_begun_by_the_deadline_is_refused() -> None:
    go_on = threading.Event()
    done: list[object] = []

    async def run() -> None:
        calls = StoreCalls(None, lambda *_: None)  # type: ignore[arg-type]  # no work here asks it for anything
        calls.start()
        busy = [asyncio.create_task(calls.ask("read", lambda _: go_on.wait(5))) for _ in range(THREADS)]
        await asyncio.sleep(0)
        over = time.monotonic()
        with pytest.raises(TooSlow):
            await calls.ask("write", done.append, Deadline(over))
        with pytest.raises(DeadlinePassed):
            await calls.ask("write", done.append, Deadline(over, clients=True))
        go_on.set()
        assert all(await asyncio.gather(*busy))
        await asyncio.gather(*(calls.ask("read", lambda _: None) for _ in range(THREADS)))
        assert calls._waiting == 0

    asyncio.run(run())
    assert done == []


def test_what_has_begun_is_waited_for_after_the_deadline() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(_: object) -> str:
        begun.set()
        assert go_on.wait(5)
        return "kept"

    async def run() -> str:
        calls = StoreCalls(None, lambda *_: None)  # type: ignore[arg-type]
        calls.start()
        deadline = Deadline(time.monotonic() + 0.3)
        asked = asyncio.create_task(calls.ask("write", work, deadline))
        await asyncio.to_thread(begun.wait, 5)
        while deadline.left() > -0.01:
            await asyncio.sleep(0.01)
        go_on.set()
        return await asked

    assert asyncio.run(run()) == "kept"


def test_calls_that_gave_up_leave_nothing_in_line() -> None:
    go_on = threading.Event()
    done: list[object] = []

    async def run() -> None:
        calls = StoreCalls(None, lambda *_: None)  # type: ignore[arg-type]
        calls.start()
        busy = [asyncio.create_task(calls.ask("read", lambda _: go_on.wait(5))) for _ in range(THREADS)]
        await asyncio.sleep(0)
        over = Deadline(time.monotonic())
        try:
            for _ in range(2_000):
                with pytest.raises(TooSlow):
                    await calls.ask("write", done.append, over)
            flood = [calls.ask("write", done.append, over) for _ in range(MOST_WAITING + 50)]
            told = Counter(type(each) for each in await asyncio.gather(*flood, return_exceptions=True))
            assert told == {TooSlow: MOST_WAITING, Overloaded: 50}
            assert calls._threads
            assert (calls._threads._work_queue.qsize(), calls._waiting) == (0, 0)
            busy.pop().cancel()  # its thread goes on, and is nobody else's until it is done
            with pytest.raises(TooSlow):
                await calls.ask("write", done.append, over)
        finally:
            go_on.set()
        assert all(await asyncio.gather(*busy))
        assert await calls.ask("read", lambda _: "free again") == "free again"

    asyncio.run(run())
    assert done == []


def test_who_waits_when_the_service_stops_is_told() -> None:
    go_on = threading.Event()
    done: list[object] = []

    class Closing:
        def close(self) -> None:
            assert done == []

    async def run() -> None:
        calls = StoreCalls(Closing(), lambda *_: None)  # type: ignore[arg-type]
        calls.start()
        asked = [asyncio.create_task(calls.ask("read", lambda _: go_on.wait(5))) for _ in range(THREADS)]
        asked += [asyncio.create_task(calls.ask("write", done.append)) for _ in range(THREADS)]  # type: ignore[arg-type]
        await asyncio.sleep(0)
        stopping = asyncio.create_task(calls.stop())
        await asyncio.sleep(0)
        go_on.set()
        told = await asyncio.gather(*asked, return_exceptions=True)
        await stopping
        assert told[:THREADS] == [True] * THREADS
        assert {type(each) for each in told[THREADS:]} == {ShuttingDown}

    asyncio.run(run())


@pytest.mark.parametrize(
    ("headers", "told"), [({}, (503, "too-slow")), ({"prefer": "wait=0"}, (504, "deadline-passed"))]
)
def test_a_call_waits_for_the_store_no_longer_than_for_an_answer(
    desk: Desk, headers: dict[str, str], told: tuple[int, str]
) -> None:
    client = desk()
    put(client)
    client.app.state.settings = settings(request_timeout=0.2)  # type: ignore[attr-defined]
    calls: Any = client.app.state.keeping.calls  # type: ignore[attr-defined]
    go_on = threading.Event()
    assert client.portal
    for _ in range(THREADS):
        client.portal.start_task_soon(calls.ask, "read", lambda _: go_on.wait(10))
    keyed = {**headers, "idempotency-key": "k-1"}
    try:
        assert problem(client.get("/v1/tickets", headers=headers)) == told
        assert problem(client.delete("/v1/tickets/shop/4711", headers=headers)) == told
        assert problem(client.put("/v1/tickets/shop/4711", json={"text": "another"}, headers=keyed)) == told
    finally:
        go_on.set()
    client.app.state.settings = settings()  # type: ignore[attr-defined]
    assert len(client.get("/v1/tickets").json()["tickets"]) == 1, "nothing was erased"
    keyed.pop("prefer", None)
    assert client.put("/v1/tickets/shop/4711", json={"text": "another"}, headers=keyed).json()["outcome"] == "changed"
