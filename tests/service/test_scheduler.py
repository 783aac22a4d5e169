from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Sequence

import pytest

from models.engine import Prepared
from service.errors import DeadlinePassed, ShuttingDown, TooSlow
from service.scheduler import Scheduler
from tests.service.conftest import Start, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_line import Gate, compute, run


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
