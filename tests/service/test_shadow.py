from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.shadow import MOST_WAITING, Offered
from tests.service.conftest import wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_tickets import PERSON, URL, Desk, correct, count, desk, folder, put, redact
from tests.service.toy_versions import make_version, other_taxonomy

__all__ = ["desk", "folder"]


@pytest.fixture
def challenger(tmp_path: Path) -> Callable[..., Path]:
    """Make the folder of a challenger that is less sure, or as `weights` say."""
    return lambda **weights: make_version(tmp_path / "challengers", "9", **weights)


def loaded(client: Any) -> Any:
    shadow = client.app.state.keeping.shadow
    wait_until(lambda: shadow.engine is not None, seconds=20)
    return shadow


def kept(client: Any, number: int) -> None:
    wait_until(lambda: count(client, 'reclamo_shadow_tickets_total{outcome="kept"}') == number, seconds=20)


def test_a_challenger_reads_in_secret(desk: Desk, challenger: Callable[..., Path]) -> None:
    client = desk(DummyEngine(taxonomy=None), shadow=challenger(mark=0.2))
    loaded(client).engine.weights["kind"] = "other"
    told = put(client, f"{PERSON}: my parcel").json()
    kept(client, 1)
    responses = [client.get(URL).json(), *client.get("/v1/tickets").json()["tickets"]]
    responses += [told["ticket"], correct(client, {"emotion": "anger"}).json(), client.get("/v1/review").json()]
    for each in responses:
        assert "toy-9" not in str(each)
        assert "'shadow': True" not in str(each)
    (found,) = client.get("/v1/disagreements").json()["disagreements"]
    assert found["groups"] == ["kind"]
    assert (found["shadow"]["labels"]["kind"], found["ticket"]["labels"]["kind"]) == ("other", "complaint")
    assert len(found["ticket"]["readings"]) == 1
    (span,) = found["shadow"]["answer"]["themes"][0]["evidence"]
    assert found["ticket"]["text"][span["start"] : span["end"]] == "parcel"
    assert client.get("/metrics").text.count('reclamo_model_info{engine="dummy",model_version="dummy-1"') == 1


def test_disagreements_come_page_by_page(desk: Desk, challenger: Callable[..., Path]) -> None:
    client = desk(shadow=challenger())
    loaded(client).engine.weights["kind"] = "other"
    for number in range(3):
        put(client, f"parcel {number}", f"/v1/tickets/shop/{number}")
        kept(client, number + 1)
    seen, after = [], ""
    while True:
        page = client.get(f"/v1/disagreements?limit=2{after}").json()
        seen += [each["ticket"]["key"]["id"] for each in page["disagreements"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == ["2", "1", "0"]


def test_who_was_right_is_counted_and_judged_tickets_can_be_left_out(
    desk: Desk, challenger: Callable[..., Path]
) -> None:
    client = desk(shadow=challenger())
    loaded(client).engine.weights["kind"] = "other"
    for number, url in enumerate((URL, "/v1/tickets/shop/2"), 1):
        put(client, f"parcel {number}", url)
        kept(client, number)
    assert client.get("/v1/challengers").json() == {"challengers": []}
    correct(client, {"kind": "other"})

    def ids(query: str) -> list[str]:
        return [
            each["ticket"]["key"]["id"] for each in client.get(f"/v1/disagreements?{query}").json()["disagreements"]
        ]

    assert (ids(""), ids("judged=false"), ids("judged=true")) == (["2", "4711"], ["2"], ["4711"])
    assert (ids("model_version=toy-9"), ids("model_version=toy-8")) == (["2", "4711"], [])
    right = {"answer": 0, "challenger": 1, "neither": 0}
    told = {"model_version": "toy-9", "judged": 1, "groups": {"kind": right}}
    assert client.get("/v1/challengers").json() == {"challengers": [told]}
    assert client.get("/v1/disagreements?judged=perhaps").status_code == 422


@pytest.mark.parametrize("how", ["missing", "broken", "another taxonomy"])
def test_a_challenger_that_cannot_be_loaded_harms_nobody(
    desk: Desk, tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "challengers" / "9"
    if how == "broken":
        make_version(folder.parent, "9", breaks=True)
    if how == "another taxonomy":
        other = other_taxonomy(tmp_path / "other.yaml", **{'version: "test-1"': 'version: "test-2"'})
        make_version(folder.parent, "9", taxonomy=other)
    caplog.set_level(logging.ERROR)
    client = desk(shadow=folder)
    wait_until(lambda: f"RECLAMO_SHADOW={folder} is not read with" in caplog.text, seconds=20)
    assert put(client).status_code == 201
    assert client.get("/v1/disagreements").json() == {"disagreements": [], "next": None}


def test_a_challenger_that_fails_is_counted_and_its_words_are_not_logged(
    desk: Desk, challenger: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    client = desk(shadow=challenger())
    loaded(client).engine.weights["fails"] = "hunter2"
    assert put(client, "hunter2 parcel").status_code == 201
    wait_until(lambda: count(client, 'reclamo_shadow_tickets_total{outcome="failed"}') == 1, seconds=20)
    put(client, "my parcel")
    kept(client, 1)
    assert "hunter2" not in caplog.text
    assert "the challenger failed on a ticket: RuntimeError" in caplog.text


def test_the_challenger_waits_while_others_compute_and_leaves_out_what_is_too_much(
    desk: Desk, challenger: Callable[..., Path]
) -> None:
    gate = threading.Event()
    gate.set()
    engine = DummyEngine(before=lambda _: (gate.wait(20), None)[1])
    client = desk(engine, workers=2, shadow=challenger())
    shadow = loaded(client)
    before = len(engine.computed)
    gate.clear()
    asking = threading.Thread(target=client.post, args=("/v1/classify",), kwargs={"json": {"text": "held"}})
    asking.start()
    wait_until(lambda: len(engine.computed) > before)
    assert client.portal
    ticket = Offered(client.app.state.keeping.tickets and _key(), "mark", "text", None, redact("text"))  # type: ignore[attr-defined]
    for _ in range(MOST_WAITING + 5):
        client.portal.call(shadow.offer, ticket)
    assert count(client, 'reclamo_shadow_tickets_total{outcome="dropped"}') >= 4
    assert shadow.engine.computed[-1:] != ["text"], "nothing is read while somebody waits"
    client.portal.call(shadow.forget)
    gate.set()
    asking.join()
    wait_until(lambda: shadow._line.empty())


def _key() -> Any:
    from data.store.records import TicketKey

    return TicketKey(source="shop", id="none")


def test_an_erased_ticket_gets_no_reading(desk: Desk, challenger: Callable[..., Path]) -> None:
    client = desk(shadow=challenger())
    shadow = loaded(client)
    assert client.portal
    put(client)
    kept(client, 1)
    client.portal.call(shadow.offer, Offered(_key(), "no such mark", "text", None, redact("text")))
    wait_until(lambda: count(client, 'reclamo_shadow_tickets_total{outcome="dropped"}') == 1, seconds=20)
