"""Who asks at the same time what somebody else asks waits for the same computation."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from functools import partial

import pytest

from models.engine import Prepared
from service.classify import Classifier
from service.errors import TooSlow
from service.scheduler import Scheduler
from service.wire import Message
from tests.service.conftest import settings
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_line import Gate, compute, run

ask = partial(compute, shares=True)


def test_the_same_message_at_the_same_time_is_computed_once() -> None:
    engine = DummyEngine(seconds=0.02)
    classifier = Classifier(engine, settings())

    async def main() -> None:
        classifier.scheduler.start()
        parcel = [Message(text="my parcel")]
        batch = [*parcel, Message(text="another"), Message(text="my parcel", language="fi")]
        singles = [classifier.classify(parcel, prompt=True) for _ in range(12)]
        *outcomes, mixed = await asyncio.gather(*singles, classifier.classify(batch, prompt=False))
        await classifier.scheduler.stop(1)
        assert [outcome.answers for outcome in outcomes] == [mixed.answers[:1]] * 12
        assert [outcome.cached for outcome in outcomes] == [0] + [1] * 11
        assert mixed.cached == 1
        assert all(part >= 0 for each in outcomes for part in (each.waited, each.computed))

    asyncio.run(main())
    assert sorted(engine.computed) == ["another", "my parcel", "my parcel"]


@pytest.mark.parametrize("running", [True, False])
def test_it_is_dropped_only_when_the_last_who_waits_goes(running: bool) -> None:
    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        if not running:
            ahead = asyncio.create_task(ask(scheduler, engine, "ahead"))
            await gate.wait_entered()
        kept = [asyncio.create_task(ask(scheduler, engine, "kept")) for _ in range(3)]
        left = [asyncio.create_task(ask(scheduler, engine, "left " * 20)) for _ in range(3)]
        await asyncio.sleep(0)
        if running:
            await gate.wait_entered()
        for each in (*kept[:2], *left):
            each.cancel()
        await asyncio.gather(*kept[:2], *left, return_exceptions=True)
        gate.event.set()
        assert len(await kept[2]) == 1
        if not running:
            await ahead
        assert not scheduler._asked, "nothing is held once nobody waits"
        assert (scheduler.cost, scheduler._requests) == (0, 0)

    engine = DummyEngine(before=gate)
    run(body, engine)
    assert engine.computed == (["kept"] if running else ["ahead", "kept"])


def test_each_has_a_deadline_of_its_own() -> None:
    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        ahead = asyncio.create_task(ask(scheduler, engine, "ahead"))
        await gate.wait_entered()
        seconds = (0.02, 5.0, 0.03)
        asked = [asyncio.create_task(ask(scheduler, engine, "the same", seconds=each)) for each in seconds]
        await asyncio.wait([asked[0], asked[2]])
        gate.event.set()
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert [isinstance(each, TooSlow) for each in told] == [True, False, True]
        await ahead

    engine = DummyEngine(before=gate)
    run(body, engine)
    assert engine.computed == ["ahead", "the same"]


def test_one_failure_reaches_all_who_wait_and_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    failing = True

    def fail(_: Sequence[Prepared]) -> None:
        if failing:
            raise ValueError("quotes the text")

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        nonlocal failing
        several = [asyncio.create_task(ask(scheduler, engine, "a", f"b {number}")) for number in range(3)]
        told = await asyncio.gather(*several, return_exceptions=True)
        assert [type(each) for each in told] == [ValueError] * 3
        gc.collect()
        assert engine.computed.count("a") <= 2, "once in its group, and once alone"
        failing = False
        assert await ask(scheduler, engine, "a")

    run(body, DummyEngine(before=fail))
    assert "quotes the text" not in caplog.text


def test_nobody_in_a_hurry_waits_for_the_turn_of_a_batch() -> None:
    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        texts = ["first", *(f"other {number}" for number in range(8)), "the same"]
        batch = asyncio.create_task(ask(scheduler, engine, *texts, prompt=False))
        await gate.wait_entered()
        single = asyncio.create_task(ask(scheduler, engine, "the same"))
        late = asyncio.create_task(ask(scheduler, engine, "first"))
        await asyncio.sleep(0)
        gate.event.set()
        await asyncio.gather(batch, single, late)

    engine = DummyEngine(before=gate)
    run(body, engine)
    assert engine.groups[1] == ["the same"]
    assert engine.computed.count("first") == 1, "it was being computed already"


def test_who_only_joins_takes_no_room() -> None:
    gate = Gate()

    async def body(scheduler: Scheduler, engine: DummyEngine) -> None:
        large = "word " * 50
        asked = [asyncio.create_task(ask(scheduler, engine, large)) for _ in range(3)]
        await gate.wait_entered()
        assert scheduler.cost == 52
        gate.event.set()
        await asyncio.gather(*asked)

    run(body, DummyEngine(before=gate), queue_tokens=40)
