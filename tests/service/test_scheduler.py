from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext

import pytest

from models.answer import Answer
from models.engine import Prepared
from service.deadline import Deadline
from service.errors import DeadlinePassed, Overloaded, ShuttingDown, TooSlow
from service.scheduler import Scheduler
from tests.service.conftest import Start, wait_until
from tests.service.dummy_engine import DummyEngine

Body = Callable[[Scheduler, DummyEngine], Awaitable[None]]


class Gate:
    """Holds the computing threads until it is opened."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.entered = threading.Semaphore(0)

    def __call__(self, _: Sequence[Prepared]) -> None:
        self.entered.release()
        assert self.event.wait(5)

    async def wait_entered(self) -> None:
        await asyncio.to_thread(self.entered.acquire)


def run(
    body: Body, engine: DummyEngine, *, workers: int = 1, queue_tokens: int = 1000, queue_requests: int = 100
) -> None:
    async def main() -> None:
        scheduler = Scheduler(
            workers=workers,
            queue_tokens=queue_tokens,
            queue_requests=queue_requests,
            group_messages=4,
            group_tokens=512,
        )
        scheduler.start()
        try:
            await body(scheduler, engine)
        finally:
            await scheduler.stop(1)

    asyncio.run(main())


async def compute(
    scheduler: Scheduler,
    engine: DummyEngine,
    *texts: str,
    seconds: float = 5.0,
    prompt: bool = True,
    clients: bool = False,
) -> list[Answer]:
    prepared = [engine.encode_pre(text) for text in texts]
    deadline = Deadline(time.monotonic() + seconds, clients)
    done = await scheduler.compute(engine, prepared, deadline=deadline, prompt=prompt, allowed=30.0)
    return done.answers


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


def test_single_messages_may_fill_a_quarter_and_a_batch_the_rest() -> None:
    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        first = asyncio.create_task(compute(scheduler, engine, "a " * 8))
        await gate.wait_entered()
        batch = asyncio.create_task(compute(scheduler, engine, "b " * 26, prompt=False))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await compute(scheduler, engine, "c")
        with pytest.raises(Overloaded):
            await compute(scheduler, engine, "d", prompt=False)
        assert scheduler.cost == 38
        gate.event.set()
        await asyncio.gather(first, batch)

    run(body, DummyEngine(before=gate), queue_tokens=40)


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


def test_cancelled_work_never_reaches_the_engine() -> None:
    gate = Gate()
    engine = DummyEngine(before=gate)

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        first = asyncio.create_task(compute(scheduler, engine, "first"))
        await gate.wait_entered()
        others = [asyncio.create_task(compute(scheduler, engine, f"other {number}")) for number in range(10)]
        await asyncio.sleep(0.01)
        for each in others[::2]:
            each.cancel()
        await asyncio.gather(*others[::2], return_exceptions=True)
        gate.event.set()
        await asyncio.gather(first, *others[1::2])

    run(body, engine)
    assert sorted(engine.computed) == ["first", *(f"other {number}" for number in range(1, 10, 2))]


@pytest.mark.parametrize(("clients", "told"), [(True, DeadlinePassed), (False, TooSlow)])
def test_expired_work_is_dropped_and_told(clients: bool, told: type[Exception]) -> None:
    gate = Gate()
    engine = DummyEngine(before=gate)

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        first = asyncio.create_task(compute(scheduler, engine, "first"))
        await gate.wait_entered()
        with pytest.raises(told):
            await compute(scheduler, engine, "too late", seconds=0.02, clients=clients)
        gate.event.set()
        await first

    run(body, engine)
    assert engine.computed == ["first"]


def test_work_that_expired_while_the_loop_was_held_up_is_not_computed() -> None:
    gate = Gate()
    engine = DummyEngine(before=gate)

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        first = asyncio.create_task(compute(scheduler, engine, "first"))
        await gate.wait_entered()
        texts = [f"number {number}" for number in range(10)]
        others = [
            asyncio.create_task(compute(scheduler, engine, text, seconds=0.05 if number % 2 else 5.0))
            for number, text in enumerate(texts)
        ]
        await asyncio.sleep(0)
        time.sleep(0.1)  # no timer of the loop runs: the threads alone can tell
        gate.event.set()
        wait_until(lambda: len(engine.computed) == 6)
        given = await asyncio.gather(*others, return_exceptions=True)
        assert [isinstance(each, TooSlow) for each in given] == [False, True] * 5
        await first
        assert scheduler.cost == 0

    run(body, engine)
    assert sorted(engine.computed) == ["first", *(f"number {number}" for number in range(0, 10, 2))]


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


def test_a_single_message_overtakes_a_batch() -> None:
    gate = Gate()
    engine = DummyEngine(before=gate)

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        batch = asyncio.create_task(compute(scheduler, engine, *(f"batch {n}" for n in range(12)), prompt=False))
        await gate.wait_entered()
        single = asyncio.create_task(compute(scheduler, engine, "single"))
        await asyncio.sleep(0)
        gate.event.set()
        await asyncio.gather(batch, single)

    run(body, engine)
    assert engine.groups[1] == ["single"]
    assert all(len(group) <= 4 for group in engine.groups)


def test_one_bad_message_does_not_spoil_its_neighbours() -> None:
    def fail(group: Sequence[Prepared]) -> None:
        if any(each.text == "bad one" for each in group):
            raise ValueError("bad one")

    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        tasks = [asyncio.create_task(compute(scheduler, engine, text)) for text in ("a b", "bad one", "c d", "e f")]
        bad = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(each, ValueError) for each in bad] == [False, True, False, False]

    gate.event.set()
    run(body, DummyEngine(before=fail))


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (SystemExit(1), RuntimeError),
        (KeyboardInterrupt(), RuntimeError),
        (asyncio.CancelledError(), RuntimeError),
        (StopIteration(), RuntimeError),
        (TimeoutError(), RuntimeError),
        (MemoryError(), MemoryError),
    ],
)
def test_a_thread_outlives_whatever_the_engine_raises(raised: BaseException, told: type[Exception]) -> None:
    def fail(group: Sequence[Prepared]) -> None:
        if any("bad" in each.text for each in group):
            raise raised

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        for _ in range(3):
            with pytest.raises(told):
                await compute(scheduler, engine, "bad one")
        assert await compute(scheduler, engine, "good one")
        assert (scheduler.threads, scheduler.cost) == (1, 0)

    run(body, DummyEngine(before=fail))


def test_a_thread_outlives_whoever_watches_it(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: object) -> None:
        raise OSError("no room on the device")

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        scheduler._watch = fail
        for number in range(3):
            assert await compute(scheduler, engine, f"number {number}")
        assert scheduler.threads == 1

    run(body, DummyEngine())
    assert "a group was not measured" in caplog.text


def test_all_threads_at_one_piece_of_work_for_long_are_stalled() -> None:
    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        waiting = [asyncio.create_task(compute(scheduler, engine, "first"))]
        await gate.wait_entered()
        assert not scheduler.stalled(0.0), "the other thread is free"
        waiting.append(asyncio.create_task(compute(scheduler, engine, "second of other length " * 9)))
        await gate.wait_entered()
        await asyncio.sleep(0.01)
        assert scheduler.stalled(0.005)
        assert not scheduler.stalled(60)
        gate.event.set()
        await asyncio.gather(*waiting)
        assert not scheduler.stalled(0.0)

    run(body, DummyEngine(before=gate), workers=2)


def test_a_stopped_scheduler_finishes_what_waits_and_takes_nothing_new() -> None:
    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        waiting = asyncio.create_task(compute(scheduler, engine, *(str(number) + "x" for number in range(6))))
        await asyncio.sleep(0)
        await scheduler.stop(5)
        with pytest.raises(ShuttingDown):
            await compute(scheduler, engine, "new")
        assert len(await waiting) == 6

    run(body, DummyEngine(seconds=0.01))


@pytest.mark.skipif(sys.platform != "linux", reason="niceness of single threads is Linux's")
def test_computing_threads_give_way_to_the_event_loop(start: Start) -> None:
    start()
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    ids = [thread.native_id for thread in threading.enumerate() if thread.name.startswith("compute-")]
    assert ids
    if own < 19:
        wait_until(lambda: all(os.getpriority(os.PRIO_PROCESS, id_ or 0) > own for id_ in ids))


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
