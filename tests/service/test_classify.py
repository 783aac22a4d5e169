from __future__ import annotations

import asyncio
import threading
import time

import pytest

from models.engine import Prepared
from service.classify import INLINE_CHARACTERS, Classifier
from service.deadline import Deadline
from service.errors import DeadlinePassed
from service.wire import Message
from tests.service.conftest import Start, settings
from tests.service.dummy_engine import DummyEngine


def test_the_same_message_is_computed_once(start: Start) -> None:
    engine = DummyEngine()
    client = start(engine)
    body = {"messages": [{"text": "twice"}, {"text": "once"}, {"text": "twice"}]}
    first = client.post("/v1/classify/batch", json=body).json()
    assert client.post("/v1/classify/batch", json=body).json() == first
    assert sorted(engine.computed[4:]) == ["once", "twice"]


def test_a_language_given_is_another_question(start: Start) -> None:
    engine = DummyEngine()
    client = start(engine, cache_answers=100)
    for language in (None, "fi", "fi"):
        client.post("/v1/classify", json={"text": "hei", "language": language})
    assert engine.computed[4:] == ["hei", "hei"]


def test_a_new_engine_answers_at_once_and_under_its_own_version() -> None:
    classifier = Classifier(DummyEngine(), settings())
    classifier.scheduler.start()

    async def run() -> list[str]:
        messages = [Message(text="a")]
        before = await classifier.classify(messages, prompt=True)
        newer = DummyEngine()
        newer.model_version = "dummy-2"
        classifier.engine = newer
        after = await classifier.classify(messages, prompt=True)
        await classifier.scheduler.stop(1)
        return [outcome.answers[0].model_version for outcome in (before, after)]

    assert asyncio.run(run()) == ["dummy-1", "dummy-2"]


def test_what_is_made_ready_for_a_deadline_that_passes_is_left_at_once() -> None:
    go_on = threading.Event()
    engine = DummyEngine()
    classifier = Classifier(engine, settings())
    made: list[str] = []

    def encode_pre(text: str, language: str | None = None, *, evidence: bool = True) -> Prepared:
        made.append(text)
        assert go_on.wait(5)
        return Prepared(text, cost=3)

    engine.encode_pre = encode_pre  # type: ignore[method-assign]
    messages = [Message(text=f"{number} " + "parcel " * INLINE_CHARACTERS) for number in range(3)]

    async def run() -> None:
        with pytest.raises(DeadlinePassed):
            await classifier.classify(messages, prompt=False, deadline=Deadline(time.monotonic() + 0.02, clients=True))
        go_on.set()

    asyncio.run(run())  # whose end waits for the threads
    assert len(made) == 1
    assert engine.computed == []


def test_long_messages_are_made_ready_off_the_loop(start: Start) -> None:
    text = "parcel " * (INLINE_CHARACTERS // 7 + 1)
    assert start().post("/v1/classify", json={"text": text}).json()["themes"][0]["label"] == "delivery"
