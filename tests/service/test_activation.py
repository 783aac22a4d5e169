from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import shutil
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from models import registry
from models.registry import activate, previous_version, read_pointer
from service import activation
from service.activation import Activation
from service.app import create_app
from service.classify import Classifier
from service.keys import edit_keys, issue
from service.loading import Load, current
from service.readiness import Phase, Readiness
from service.settings import Settings
from tests.service.conftest import settings, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_versions import ToyEngine, load, make_version, other_taxonomy

TEXT = {"text": "my parcel"}
Serve = Callable[..., TestClient]
eventually = partial(wait_until, seconds=60)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two sound versions, of which the first is current."""
    home = tmp_path / "home"
    make_version(home, "1", mark=0.1)
    make_version(home, "2", mark=0.2)
    activate(home, "1")
    return home


@pytest.fixture
def serve(home: Path) -> Iterator[Serve]:
    """Serve the current version; the pointer is looked at often."""
    with ExitStack() as stack:

        def begin(*, load: Load = load, ready: bool = True, **changes: Any) -> TestClient:
            given = settings(**{"model": home, "pointer_poll": 0.02, **changes})
            folder = current(given.model)
            app = create_app(load(folder, given), given, folder=folder, load=load)
            client = stack.enter_context(TestClient(app, raise_server_exceptions=False))
            if ready:
                eventually(lambda: client.get("/readyz").status_code == 200)
            return client

        yield begin


def answering(client: TestClient) -> tuple[str, float]:
    answer = client.post("/v1/classify", json=TEXT).json()
    return answer["model_version"], answer["kind"]["confidence"]


def refusal(client: TestClient, version: str, **body: Any) -> tuple[int, str, str]:
    response = client.post(f"/v1/models/{version}/activate", json=body)
    told = response.json()
    return response.status_code, told["type"].removeprefix("urn:reclamo:problem:"), told["detail"]


def listed(client: TestClient, version: str) -> dict[str, Any]:
    return next(each for each in client.get("/v1/models").json()["versions"] if each["version"] == version)


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


def spoilt(home: Path, how: str) -> None:
    folder = home / "3"
    weights: dict[str, dict[str, Any]] = {
        "breaks": {"breaks": True},
        "mislabels": {"kind": "other"},
        "raises": {"fails": "trừ tiền"},
    }
    make_version(home, "3", **weights.get(how, {}))
    if how == "changed":
        (folder / "weights.json").write_bytes(b"{ }")
    elif how == "cut":
        os.truncate(folder / "tokenizer.json", 1)
    elif how == "lost":
        (folder / "calibration.json").unlink()
    elif how == "without a manifest":
        (folder / "manifest.json").unlink()
    elif how == "with half a manifest":
        os.truncate(folder / "manifest.json", 50)
    elif how == "a copy":
        shutil.rmtree(folder)
        shutil.copytree(home / "2", folder)


BROKEN = {
    "changed": "weights.json has SHA-256",
    "cut": "tokenizer.json has SHA-256",
    "lost": "lacks calibration.json",
    "without a manifest": "manifest.json is missing",
    "with half a manifest": "not a readable manifest",
    "a copy": "holds version 2",
    "breaks": "cannot be loaded",
    "mislabels": "the test message in fi got kind other instead of complaint",
    "raises": "the test message in vi raised RuntimeError",
}


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
    monkeypatch.setattr(registry, "_write", fail)
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


def test_the_pointer_is_followed(serve: Serve, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client = serve()
    activate(home, "2")
    eventually(lambda: answering(client) == ("toy-2", 0.2))
    assert listed(client, "2")["current"]
    assert "2 answers from now on, before it 1" in caplog.text
    activate(home, "1")
    eventually(lambda: answering(client) == ("toy-1", 0.1))


@pytest.mark.parametrize("how", BROKEN)
def test_a_pointer_to_a_broken_version_is_not_followed(
    serve: Serve, home: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    spoilt(home, how)
    client = serve()
    (home / "current").write_text("3\n", encoding="utf-8")
    eventually(lambda: client.get("/v1/models").json()["refused"] is not None)
    refused = client.get("/v1/models").json()["refused"]
    assert refused["version"] == "3"
    assert BROKEN[how] in refused["reason"]
    assert answering(client) == ("toy-1", 0.1)
    assert client.get("/readyz").status_code == 200
    assert caplog.text.count("the pointer to 3 is not followed") == 1, "once, not at every look"
    activate(home, "2")
    eventually(lambda: answering(client) == ("toy-2", 0.2))
    assert client.get("/v1/models").json()["refused"] is None


@pytest.mark.parametrize("pointer", ["", "9\n", "../1\n"])
def test_a_broken_pointer_is_told(serve: Serve, home: Path, pointer: str) -> None:
    client = serve()
    (home / "current").write_text(pointer, encoding="utf-8")
    eventually(lambda: client.get("/v1/models").json()["refused"] is not None)
    assert answering(client) == ("toy-1", 0.1)
    assert client.post("/v1/models/1/activate").status_code == 200
    assert client.get("/v1/models").json()["refused"] is None
    assert read_pointer(home).version == "1"


def test_a_mended_version_is_tried_again_when_it_is_pointed_at_again(serve: Serve, home: Path) -> None:
    weights = make_version(home, "3", mark=0.3) / "weights.json"
    whole = weights.read_bytes()
    weights.write_bytes(b"{}")
    client = serve()
    activate(home, "3")
    eventually(lambda: client.get("/v1/models").json()["refused"] is not None)
    weights.write_bytes(whole)
    activate(home, "3")
    eventually(lambda: answering(client) == ("toy-3", 0.3))


def test_a_pointer_to_another_taxonomy_is_followed_only_where_it_is_meant(
    serve: Serve, home: Path, tmp_path: Path
) -> None:
    make_version(home, "3", taxonomy=other_taxonomy(tmp_path / "other.yaml", **{"test-1": "test-2"}), mark=0.3)
    client = serve()
    activate(home, "3")
    eventually(lambda: client.get("/v1/models").json()["refused"] is not None)
    activate(home, "3", accepts_taxonomy=True)
    eventually(lambda: answering(client) == ("toy-3", 0.3))


def test_a_change_while_the_model_was_being_loaded_is_followed(serve: Serve, home: Path) -> None:
    def overtaken(folder: Path, given: Settings) -> ToyEngine:
        engine = load(folder, given)
        if folder.name == "1":
            activate(home, "2")
        return engine

    client = serve(load=overtaken)
    eventually(lambda: answering(client) == ("toy-2", 0.2))


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


@pytest.mark.parametrize(("model", "pointer_poll"), [(".", 0.0), ("1", 1.0)])
def test_no_pointer_is_followed_where_there_is_none_or_it_is_not_wanted(
    home: Path, model: str, pointer_poll: float
) -> None:
    given = settings(model=home / model, pointer_poll=pointer_poll)
    classifier = Classifier(load(home / "1", given), given)
    classifier.scheduler.start()

    async def run() -> None:
        following = Activation(classifier, Readiness(), load=load, folder=home / "1")
        await asyncio.wait_for(following.run(), 10)
        await classifier.scheduler.stop(1)

    asyncio.run(run())


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
