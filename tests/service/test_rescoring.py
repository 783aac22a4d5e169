from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from data.store.records import Reading, TicketKey
from data.taxonomy import read_taxonomy
from service import rescoring
from service.rescoring import Rescoring
from tests.service.conftest import wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_tickets import PERSON, URL, Desk, correct, count, desk, folder, put
from tests.service.toy_versions import TAXONOMY, ToyEngine

__all__ = ["desk", "folder"]


def engine(version: str, **weights: Any) -> ToyEngine:
    """An engine that passes its test messages, whatever its weights are."""
    made = ToyEngine(version, read_taxonomy(TAXONOMY), weights)
    made.canaries = {}
    return made


def holding(version: str) -> tuple[ToyEngine, threading.Event, threading.Event]:
    """An engine that says when it has reached a parcel, and goes on with it when it may."""
    made = engine(version)
    reached, gate = threading.Event(), threading.Event()

    def hold(prepared: Any) -> None:
        if prepared[0].text.startswith("parcel"):
            reached.set()
            gate.wait(20)

    made.before = hold
    return made, reached, gate


class Spare:
    """A service's rescoring, begun by hand, and what it told."""

    def __init__(self, client: TestClient) -> None:
        self.app = cast(Any, client.app)
        assert client.portal
        self.portal = client.portal
        self.told: Counter[str] = Counter()
        self.waiting: list[int] = []
        keeping = self.app.state.keeping
        self.rescoring = Rescoring(
            keeping.calls, self.app.state.classifier, counted=self._count, waiting=self.waiting.append, rest=0.0,
            settled=0.0,
        )  # fmt: skip
        self._task = self.portal.start_task_soon(self.rescoring.run)

    def _count(self, outcome: str) -> None:
        self.told[outcome] += 1

    def answers(self, engine: Any) -> None:
        """Let another engine answer."""
        self.app.state.classifier.engine = engine

    def end(self) -> None:
        self._task.cancel()


@pytest.fixture
def spare(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(rescoring, "LOOK", 0.01)
    monkeypatch.setattr(rescoring, "PATIENCE", 0.01)
    begun: list[Spare] = []

    def begin(client: TestClient) -> Spare:
        begun.append(Spare(client))
        return begun[-1]

    yield begin
    for each in begun:
        each.end()


Begin = Callable[[TestClient], Spare]


def models(client: TestClient, url: str = URL) -> list[str]:
    return [each["model_version"] for each in client.get(url).json()["readings"]]


def test_what_another_model_answered_is_read_anew(desk: Desk, spare: Begin) -> None:
    client = desk(rescore=False)
    put(client, f"{PERSON}: my parcel")
    put(client, "parcel two", "/v1/tickets/shop/2")
    correct(client, {"emotion": "anger"})
    begun = spare(client)
    begun.answers(engine("v2", kind="other"))
    wait_until(lambda: begun.told["kept"] == 2)
    ticket = client.get(URL).json()
    assert [each["model_version"] for each in ticket["readings"]] == ["dummy-1", "v2"]
    assert (ticket["labels"]["kind"], ticket["labels"]["emotion"]) == ("other", "anger"), "a person's word holds"
    (span,) = ticket["readings"][-1]["answer"]["themes"][0]["evidence"]
    assert ticket["text"][span["start"] : span["end"]] == "parcel"
    assert begun.app.state.classifier.engine.computed[-1].startswith(("[email]", "parcel")), "the redacted text is read"
    wait_until(lambda: begun.waiting[-1] == 0)
    begun.answers(engine("v1"))
    wait_until(lambda: begun.told["kept"] == 4)
    assert models(client) == ["dummy-1", "v2", "v1"]
    assert begun.told == {"kept": 4}


def test_a_start_with_the_same_model_reads_nothing(desk: Desk, spare: Begin) -> None:
    client = desk(rescore=False)
    put(client)
    begun = spare(client)
    wait_until(lambda: begun.waiting == [0])
    assert begun.told == {}
    assert models(client) == ["dummy-1"]


def test_what_a_model_fails_on_or_abstains_from_is_tried_once(
    desk: Desk, spare: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    client = desk(rescore=False)
    for number, words in enumerate(("hunter2 parcel", "7", "my parcel")):
        put(client, words, f"/v1/tickets/shop/{number}")
    begun = spare(client)
    begun.answers(engine("v2", fails="hunter2"))
    wait_until(lambda: begun.told.total() == 3)
    wait_until(lambda: begun.waiting[-1] == 1)
    assert begun.told == {"kept": 2, "failed": 1}
    assert models(client, "/v1/tickets/shop/0") == ["dummy-1"]
    assert models(client, "/v1/tickets/shop/1") == ["dummy-1", "v2"]
    assert "hunter2" not in caplog.text
    assert "a ticket could not be read anew: RuntimeError" in caplog.text


def test_a_ticket_that_changes_or_goes_meanwhile_is_left_alone(desk: Desk, spare: Begin) -> None:
    client = desk(rescore=False)
    put(client, "parcel one", "/v1/tickets/shop/1")
    put(client, "parcel two", "/v1/tickets/shop/2")
    slow, reached, gate = holding("v2")
    begun = spare(client)
    begun.answers(slow)
    assert reached.wait(20)
    begun.answers(DummyEngine())
    first = slow.computed[-1]
    changed, gone = ("1", "2") if first == "parcel one" else ("2", "1")
    put(client, "delivery", f"/v1/tickets/shop/{changed}")
    client.delete(f"/v1/tickets/shop/{gone}")
    gate.set()
    wait_until(lambda: begun.told["dropped"] == 1)
    assert models(client, f"/v1/tickets/shop/{changed}") == ["dummy-1", "dummy-1"]
    assert client.get(f"/v1/tickets/shop/{gone}").status_code == 404


def test_nothing_is_read_while_somebody_waits_for_an_answer(desk: Desk, spare: Begin) -> None:
    client = desk(rescore=False)
    put(client)
    busy, held, gate = holding("v2")
    client.app.state.classifier.engine = busy  # type: ignore[attr-defined]
    asking = threading.Thread(target=client.post, args=("/v1/classify",), kwargs={"json": {"text": "parcel, held"}})
    asking.start()
    assert held.wait(20)
    begun = spare(client)
    wait_until(lambda: begun.waiting == [1])
    assert busy.computed == ["parcel, held"]
    gate.set()
    asking.join()
    wait_until(lambda: begun.told["kept"] == 1)


def test_a_model_that_fails_its_test_messages_rewrites_nothing(
    desk: Desk, spare: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    client = desk(rescore=False)
    put(client)
    begun = spare(client)
    begun.answers(ToyEngine("v2", read_taxonomy(TAXONOMY), {"kind": "other"}))
    wait_until(lambda: "the test message in fi" in caplog.text)
    begun.answers(ToyEngine("v3", read_taxonomy(TAXONOMY), {}))
    wait_until(lambda: begun.told["kept"] == 1)
    assert models(client) == ["dummy-1", "v3"]


def test_two_services_with_different_models_do_not_read_each_others_answers_for_ever(desk: Desk, spare: Begin) -> None:
    client = desk(rescore=False)
    for number in (1, 2):
        put(client, f"parcel {number}", f"/v1/tickets/shop/{number}")
    slow, reached, gate = holding("v2")
    begun = spare(client)
    begun.answers(slow)
    assert reached.wait(20)
    name = "2" if slow.computed[-1] == "parcel 1" else "1"
    store = begun.app.state.keeping.calls.store
    ticket = store.get(TicketKey(source="shop", id=name))
    given = {field: getattr(ticket.reading, field) for field in Reading.model_fields}
    store.add_reading(ticket.key, Reading(**{**given, "model_version": "v9"}))
    gate.set()
    wait_until(lambda: begun.told.total() == 2)
    assert begun.told == {"kept": 1, "dropped": 1}
    assert models(client, f"/v1/tickets/shop/{name}") == ["dummy-1", "v9"]


def test_the_service_reads_anew_by_itself_and_counts_it(desk: Desk, folder: Path, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    first = desk(rescore=False)
    put(first)
    first.__exit__(None, None, None)
    second = desk(engine("v2"), request_timeout=1.0)
    wait_until(lambda: count(second, 'reclamo_rescored_tickets_total{outcome="kept"}') == 1, seconds=20)
    wait_until(lambda: count(second, "reclamo_rescore_waiting") == 0)
    assert models(second) == ["dummy-1", "v2"]
    first.__enter__()
