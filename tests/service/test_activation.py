"""A version is activated by a call, or refused with the reason while the old one goes on."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import weakref
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from models import registry
from models.registry import activate, previous_version, read_pointer
from service import activation
from service.keys import edit_keys, issue
from service.readiness import Phase
from service.settings import Settings
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_home import BROKEN, Serve, answering, eventually, home, listed, refusal, serve, spoilt
from tests.service.toy_tickets import count
from tests.service.toy_versions import ToyEngine, load, make_version, other_taxonomy

__all__ = ["home", "serve"]


def test_the_versions_are_listed(serve: Serve) -> None:
    told = serve().get("/v1/models").json()
    assert told["current"] == {"version": "1", "model_version": "toy-1", "taxonomy_version": "test-1"}
    assert told["refused"] is None
    assert [(each["version"], each["current"], each["servable"]) for each in told["versions"]] == [
        ("1", True, True),
        ("2", False, True),
    ]


def test_an_activated_version_answers_and_is_pointed_at(serve: Serve, home: Path) -> None:
    client = serve()
    assert answering(client) == ("toy-1", 0.1)
    response = client.post("/v1/models/2/activate")
    assert response.status_code == 200
    assert response.json() == {"version": "2", "model_version": "toy-2", "taxonomy_version": "test-1"}
    assert answering(client) == ("toy-2", 0.2)
    assert client.get("/readyz").json()["model_version"] == "toy-2"
    assert (read_pointer(home).version, previous_version(home)) == ("2", home / "1")
    assert (listed(client, "2")["current"], listed(client, "1")["previous"]) == (True, True)


def test_activating_the_same_version_again_changes_nothing(serve: Serve, home: Path) -> None:
    loaded: list[str] = []

    def count(folder: Path, given: Settings) -> ToyEngine:
        loaded.append(folder.name)
        return load(folder, given)

    client = serve(load=count)
    first, second = (client.post("/v1/models/2/activate", json={}) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert loaded == ["1", "2"]
    assert previous_version(home) == home / "1"


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_version_is_refused_and_the_old_one_goes_on(
    serve: Serve, home: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    spoilt(home, how)
    client = serve()
    status, code, detail = refusal(client, "3")
    assert (status, code) == (409, "version-refused")
    assert BROKEN[how] in detail
    assert detail.endswith(". Version 1 goes on.")
    assert str(home) not in detail
    assert answering(client) == ("toy-1", 0.1)
    assert read_pointer(home).version == "1"
    assert BROKEN[how] in listed(client, "3")["reason"]
    assert not listed(client, "3")["servable"]
    assert BROKEN[how] in caplog.text
    assert client.post("/v1/models/2/activate").status_code == 200, "what was refused stands in nobody's way"
    assert count(client, 'reclamo_refused_activations_total{way="call"}') == 1


def test_another_taxonomy_must_be_accepted(serve: Serve, home: Path, tmp_path: Path) -> None:
    make_version(home, "3", taxonomy=other_taxonomy(tmp_path / "other.yaml", **{"test-1": "test-2"}), mark=0.3)
    client = serve()
    assert refusal(client, "3")[:2] == (409, "version-refused")
    assert refusal(client, "3", accept_taxonomy=False)[:2] == (409, "version-refused")
    assert answering(client) == ("toy-1", 0.1)
    assert client.post("/v1/models/3/activate", json={"accept_taxonomy": True}).json()["taxonomy_version"] == "test-2"
    assert answering(client) == ("toy-3", 0.3)
    assert read_pointer(home).accepts_taxonomy, "so that other services on this folder follow"
    assert listed(client, "3")["servable"]
    assert "test-2 is served" in listed(client, "1")["reason"]


@pytest.mark.parametrize("version", ["4", "..", "%2e%2e", "current", "1%00", "1%2F..%2F1", "x" * 3_000])
def test_what_is_no_version_is_not_found(serve: Serve, version: str) -> None:
    assert refusal(serve(), version)[:2] == (404, "not-found")


def test_the_body_is_checked(serve: Serve) -> None:
    client = serve()
    assert refusal(client, "2", accept_taxonomy="yes, do")[:2] == (422, "invalid-fields")
    assert refusal(client, "2", force=True)[:2] == (422, "invalid-fields")
    assert client.post("/v1/models/2/activate", content=b"{}").status_code == 415
    assert answering(client)[0] == "toy-1"


def test_one_activation_at_a_time(serve: Serve) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(folder: Path, given: Settings) -> ToyEngine:
        if folder.name == "2":
            begun.set()
            assert go_on.wait(10)
        return load(folder, given)

    client = serve(load=slow)
    statuses: list[int] = []
    first = threading.Thread(target=lambda: statuses.append(client.post("/v1/models/2/activate").status_code))
    first.start()
    assert begun.wait(10)
    assert refusal(client, "2")[:2] == (409, "activation-under-way")
    assert answering(client) == ("toy-1", 0.1), "messages are answered meanwhile"
    go_on.set()
    first.join()
    assert statuses == [200]
    assert answering(client) == ("toy-2", 0.2)


def test_a_request_under_way_keeps_the_engine_that_it_began_with(serve: Serve) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(ToyEngine):
        def encode_core(self, prepared: Any) -> list[Any]:
            if "wait" in prepared[0].text:
                begun.set()
                assert go_on.wait(10)
            return super().encode_core(prepared)

    def slow(folder: Path, given: Settings) -> ToyEngine:
        engine = load(folder, given)
        return Slow(engine.model_version, engine.taxonomy, engine.weights) if folder.name == "1" else engine

    client = serve(load=slow)
    answers: list[dict[str, Any]] = []
    body = {"messages": [{"text": f"wait {number}"} for number in range(20)]}
    first = threading.Thread(target=lambda: answers.append(client.post("/v1/classify/batch", json=body).json()))
    first.start()
    assert begun.wait(10)
    assert client.post("/v1/models/2/activate").status_code == 200
    go_on.set()
    first.join()
    found = [(each["model_version"], each["kind"]["confidence"]) for each in answers[0]["results"]]
    assert found == [("toy-1", 0.1)] * 20
    assert answering(client) == ("toy-2", 0.2)


def test_a_pointer_that_cannot_be_written_refuses(serve: Serve, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    client = serve()
    monkeypatch.setattr(registry, "write_whole", fail)
    status, code, detail = refusal(client, "2")
    assert (status, code) == (409, "version-refused")
    assert "Read-only file system" in detail
    assert answering(client) == ("toy-1", 0.1), "or the next start would go back behind everybody's back"


def test_a_load_that_takes_too_long_is_given_up(serve: Serve, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_version(home, "3", seconds=1)
    client = serve()
    monkeypatch.setattr(activation, "LONGEST", 0.05)
    assert refusal(client, "3")[:2] == (409, "version-refused")
    monkeypatch.undo()
    assert client.post("/v1/models/2/activate").status_code == 200


def test_while_stopping_nothing_is_activated(serve: Serve) -> None:
    client = serve()
    client.app.state.readiness.stop()  # type: ignore[attr-defined]
    assert refusal(client, "2")[:2] == (503, "shutting-down")


def test_another_version_makes_a_failed_service_ready(serve: Serve, home: Path) -> None:
    make_version(home, "3", kind="other")
    activate(home, "3")
    client = serve(ready=False)
    eventually(lambda: client.app.state.readiness.phase is Phase.failed)  # type: ignore[attr-defined]
    eventually(lambda: client.get("/v1/models").json()["refused"] is not None)
    assert "got kind other" in client.get("/v1/models").json()["refused"]["reason"]
    assert refusal(client, "3")[:2] == (409, "version-refused"), "that it is served already does not make it fit"
    activate(home, "1")
    eventually(lambda: client.get("/readyz").status_code == 200)
    assert answering(client) == ("toy-1", 0.1)


def test_an_artifact_by_itself_can_only_be_itself(serve: Serve, home: Path) -> None:
    client = serve(model=home / "1")
    assert [each["version"] for each in client.get("/v1/models").json()["versions"]] == ["1"]
    assert client.post("/v1/models/1/activate").status_code == 200
    assert refusal(client, "2")[:2] == (404, "not-found")
    assert not (home / "1/current").exists()


def test_of_a_hundred_activations_one_engine_stays(serve: Serve, home: Path) -> None:
    """By reference count alone: what waits for the garbage collector holds its memory for as long as that takes."""
    alive: weakref.WeakSet[ToyEngine] = weakref.WeakSet()
    taxonomy = DummyEngine().taxonomy

    def note(folder: Path, _: Settings) -> ToyEngine:
        engine = ToyEngine(f"toy-{folder.name}", taxonomy, json.loads((folder / "weights.json").read_bytes()))
        alive.add(engine)
        return engine

    make_version(home, "3", fails="trừ tiền")
    client = serve(load=note, pointer_poll=0)
    gc.disable()
    try:
        for number in range(100):
            version = "21"[number % 2]
            assert client.post(f"/v1/models/{version}/activate").status_code == 200
            if number % 10 == 0:
                assert answering(client)[0] == f"toy-{version}"
                assert client.post("/v1/models/3/activate").status_code == 409
        eventually(lambda: len(alive) == 1)
    finally:
        gc.enable()


def test_freed_memory_is_given_back_a_while_after(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    given = threading.Event()
    monkeypatch.setattr(activation, "SETTLED", 0.0)
    monkeypatch.setattr(activation, "give_back_memory", given.set)
    client = serve()
    client.post("/v1/models/1/activate")
    assert not given.is_set(), "nothing was freed"
    client.post("/v1/models/2/activate")
    assert given.wait(5)


def test_these_calls_need_the_scope_of_whoever_runs_the_service(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    shown = {}
    for scope in ("classify", "admin"):
        key, shown[scope] = issue(scope, [scope], now=datetime.now(UTC))
        with edit_keys(path) as keys:
            keys.append(key)
    client = serve(keys=path)
    for method, address in (("GET", "/v1/models"), ("POST", "/v1/models/2/activate")):
        for scope, status in (("classify", 403), ("admin", 200)):
            response = client.request(method, address, headers={"X-API-Key": shown[scope]})
            assert response.status_code == status, (address, scope)


def test_loading_leaves_the_event_loop_alone(serve: Serve) -> None:
    threads: set[str] = set()

    def note(folder: Path, given: Settings) -> ToyEngine:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            threads.add(threading.current_thread().name)
        return load(folder, given)

    client = serve(load=note)
    threads.clear()
    client.post("/v1/models/2/activate")
    assert threads == {"aside"}
