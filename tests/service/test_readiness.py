from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence

import pytest

from models.answer import Answer
from models.canary import Canary
from models.engine import Prepared
from service.errors import NotReady, ShuttingDown
from service.readiness import Phase, Readiness
from tests.service.conftest import Start, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_versions import ToyEngine, ask


def test_ready_only_after_each_language_was_tried(start: Start) -> None:
    gate = threading.Event()
    engine = DummyEngine(before=lambda _: (gate.wait(5), None)[1])
    client = start(engine, ready=False)
    assert client.get("/livez").status_code == 200
    response = client.get("/readyz")
    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (503, "not-ready")
    assert int(response.headers["retry-after"]) >= 1
    assert client.post("/v1/classify", json={"text": "a"}).status_code == 503
    gate.set()
    wait_until(lambda: client.get("/readyz").status_code == 200)
    assert len(engine.computed) == 4
    assert any("tilausmaksu" in text.lower() for text in engine.computed)


def test_a_model_that_fails_a_test_message_never_gets_ready(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    def fail(group: Sequence[Prepared]) -> None:
        if "trừ tiền" in group[0].text:
            raise RuntimeError(group[0].text)

    client = start(DummyEngine(before=fail), ready=False)
    wait_until(lambda: "failed" in client.get("/readyz").json()["detail"])
    assert client.get("/livez").status_code == 200
    assert "the test message in vi raised RuntimeError" in caplog.text
    assert "trừ tiền" not in caplog.text


def test_a_model_that_mislabels_a_test_message_never_gets_ready(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    client = start(ToyEngine("toy-1", DummyEngine().taxonomy, {"kind": "other"}), ready=False)
    wait_until(lambda: "failed" in client.get("/readyz").json()["detail"])
    assert "the test message in fi got kind other instead of complaint" in caplog.text
    assert client.post("/v1/classify", json={"text": "a"}).status_code == 503


def test_once_stopping_the_probe_says_no_and_work_is_still_taken(start: Start) -> None:
    client = start()
    client.app.state.readiness.stop()  # type: ignore[attr-defined]
    response = client.get("/readyz")
    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (503, "shutting-down")
    answered = client.post("/v1/classify", json={"text": "a"})
    assert answered.status_code == 200
    assert answered.headers["connection"] == "close", "keep-alive clients are sent elsewhere"


def test_a_trial_that_ends_after_the_stop_does_not_make_it_ready(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    readiness = Readiness()

    async def classify(text: str, language: str) -> Answer:
        readiness.stop()
        return ask(DummyEngine(), text)

    with pytest.raises(NotReady):
        readiness.check_ready()
    asyncio.run(readiness.try_out({"en": [Canary(text="a")]}, classify))
    assert readiness.phase is Phase.stopping
    with pytest.raises(ShuttingDown):
        readiness.check_ready()
    readiness.check_open()
