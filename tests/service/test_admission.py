from __future__ import annotations

import asyncio
import threading
import time
from contextlib import nullcontext

import pytest

from service.deadline import Deadline
from service.errors import DeadlinePassed, Overloaded, TooManyMessages, TooSlow
from service.scheduler import FRESH, Scheduler
from tests.service.conftest import Start, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_line import Gate, compute, run


def test_a_full_line_refuses_and_says_when_to_come_back() -> None:
    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        first = asyncio.create_task(compute(scheduler, engine, "a b c"))
        await gate.wait_entered()
        second = asyncio.create_task(compute(scheduler, engine, "d e f"))
        await asyncio.sleep(0)
        began = time.monotonic()
        with pytest.raises(Overloaded) as refused:
            await compute(scheduler, engine, "g h i")
        assert time.monotonic() - began < 0.05
        assert int(refused.value.headers["Retry-After"]) >= 1
        with pytest.raises(Overloaded):
            scheduler.check_room()
        gate.event.set()
        await asyncio.gather(first, second)
        assert scheduler.cost == 0
        assert await compute(scheduler, engine, "g h i")

    run(body, DummyEngine(before=gate), queue_tokens=40)


def test_a_batch_that_fills_the_line_leaves_single_messages_their_room() -> None:
    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        batch = asyncio.create_task(compute(scheduler, engine, *["b " * 48] * 20, prompt=False))
        await gate.wait_entered()
        singles = [asyncio.create_task(compute(scheduler, engine, f"c {n}")) for n in "12"]
        await asyncio.sleep(0)
        scheduler.check_room()
        with pytest.raises(Overloaded):
            await compute(scheduler, engine, "c d e")
        with pytest.raises(Overloaded):
            scheduler.check_room(prompt=False)
        assert scheduler.cost == 20 * 50 + 2 * 4
        gate.event.set()
        await asyncio.gather(batch, *singles)
        assert engine.groups[1] == ["c 1", "c 2"], "they overtake the batch"

    run(body, DummyEngine(before=gate), queue_tokens=40)


def test_a_batch_larger_than_the_line_is_told_to_split_and_taken_beside_single_messages() -> None:
    gate = Gate()
    large = ["word " * 30] * 2

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        single = asyncio.create_task(compute(scheduler, engine, "a"))
        await gate.wait_entered()
        batch = asyncio.create_task(compute(scheduler, engine, *large, prompt=False))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match=r"64 tokens .* split it"):
            await compute(scheduler, engine, *large, prompt=False)
        gate.event.set()
        await single
        assert len(await batch) == 2

    run(body, DummyEngine(before=gate), queue_tokens=40)


@pytest.mark.parametrize(("clients", "told"), [(True, DeadlinePassed), (False, TooManyMessages)])
def test_a_batch_that_cannot_be_done_in_time_is_refused_even_by_an_idle_service(
    clients: bool, told: type[Exception]
) -> None:
    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        large = ["word " * 100_000] * 8  # some 20 ms for 602 tokens: 800,000 take half a minute
        await compute(scheduler, engine, "word " * 600)
        with pytest.raises(told, match=r"^Some \d messages like these .*: split the batch"):
            await compute(scheduler, engine, *large, seconds=10, prompt=False, clients=clients)
        assert len(engine.computed) == 1
        assert await compute(scheduler, engine, large[0], seconds=1, clients=clients), "a message cannot be split"
        scheduler._measured -= FRESH + 1
        assert len(await compute(scheduler, engine, *large, seconds=10, prompt=False, clients=clients)) == 8

    run(body, DummyEngine(seconds=0.02))


@pytest.mark.parametrize(("tokens", "full"), [(97, False), (98, True)])
def test_a_line_that_is_nearly_full_is_full_before_anything_is_cut_into_tokens(tokens: int, full: bool) -> None:
    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        first = asyncio.create_task(compute(scheduler, engine, "word " * (tokens - 2)))
        await gate.wait_entered()
        with pytest.raises(Overloaded) if full else nullcontext():
            scheduler.check_room()
        gate.event.set()
        await first

    run(body, DummyEngine(before=gate), queue_tokens=400)


def test_an_idle_service_takes_any_one_request() -> None:
    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        assert len(await compute(scheduler, engine, "word " * 50)) == 1

    run(body, DummyEngine(), queue_tokens=10)


def test_what_would_come_too_late_is_refused_at_once() -> None:
    gate = Gate()
    gate.event.set()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        await compute(scheduler, engine, "a " * 10)  # 12 tokens in about 0.1 s, so 800 take 7 s
        gate.event.clear()
        first = asyncio.create_task(compute(scheduler, engine, "b " * 400))
        await gate.wait_entered()
        await gate.wait_entered()
        with pytest.raises(Overloaded) as refused:
            await compute(scheduler, engine, "c " * 400, seconds=2)
        assert 1 <= int(refused.value.headers["Retry-After"]) <= 30
        with pytest.raises(DeadlinePassed) as late:
            await compute(scheduler, engine, "c " * 400, seconds=2, clients=True)
        assert 1 <= int(late.value.headers["Retry-After"]) <= 30
        before = len(engine.computed)
        with pytest.raises(DeadlinePassed):
            scheduler.check_room(Deadline(time.monotonic() + 0.01, clients=True))
        scheduler.check_room(Deadline(time.monotonic() + 30))
        assert len(engine.computed) == before
        gate.event.set()
        await first

    run(body, DummyEngine(seconds=0.1, before=gate), queue_tokens=10_000)


@pytest.mark.parametrize(("clients", "told"), [(True, DeadlinePassed), (False, TooSlow)])
def test_what_comes_after_its_deadline_is_not_even_put_in_line(clients: bool, told: type[Exception]) -> None:
    engine = DummyEngine()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        with pytest.raises(told):
            await compute(scheduler, engine, "yesterday", seconds=-1, clients=clients)
        with pytest.raises(told):
            scheduler.check_room(Deadline(time.monotonic() - 1, clients))

    run(body, engine)
    assert engine.computed == []


def test_so_many_requests_wait_and_no_more_however_small_they_are() -> None:
    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        waiting = [asyncio.create_task(compute(scheduler, engine, "a")) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await compute(scheduler, engine, "b")
        with pytest.raises(Overloaded):
            scheduler.check_room()
        gate.event.set()
        await asyncio.gather(*waiting)
        assert await compute(scheduler, engine, "c")

    run(body, DummyEngine(before=gate), queue_requests=3)


def test_over_http_a_full_line_is_a_429(start: Start) -> None:
    gate = Gate()
    gate.event.set()
    client = start(DummyEngine(before=gate), queue_tokens=80, workers=1)
    gate.event.clear()
    statuses: list[int] = []
    texts = [f"number {number} of the flood" for number in range(3)]
    threads = [
        threading.Thread(
            target=lambda t=text: statuses.append(client.post("/v1/classify", json={"text": t}).status_code)
        )
        for text in texts
    ]
    scheduler: Scheduler = client.app.state.classifier.scheduler  # type: ignore[attr-defined]
    for number, thread in enumerate(threads, 1):
        thread.start()
        wait_until(lambda n=number: scheduler.cost == 7 * n or bool(statuses))  # type: ignore[misc]
    wait_until(lambda: bool(statuses))
    assert statuses == [429]
    response = client.post("/v1/classify", json={"text": "one more of the flood"})
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) >= 1
    assert response.headers["content-type"] == "application/problem+json"
    gate.event.set()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 429]
