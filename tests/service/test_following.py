"""A pointer that someone else changes is followed, unless it names what cannot be served."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from models.registry import activate, read_pointer
from service.activation import Activation
from service.classify import Classifier
from service.readiness import Readiness
from service.settings import Settings
from tests.service.conftest import settings
from tests.service.toy_home import BROKEN, Serve, answering, eventually, home, listed, point, serve, spoilt
from tests.service.toy_tickets import count
from tests.service.toy_versions import ToyEngine, load, make_version, other_taxonomy

__all__ = ["home", "serve"]


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
    point(home, "3\n")
    eventually(lambda: client.get("/v1/models").json()["refused"] is not None)
    refused = client.get("/v1/models").json()["refused"]
    assert refused["version"] == "3"
    assert BROKEN[how] in refused["reason"]
    assert answering(client) == ("toy-1", 0.1)
    assert client.get("/readyz").status_code == 200
    assert caplog.text.count("the pointer to 3 is not followed") == 1, "once, not at every look"
    assert count(client, 'reclamo_refused_activations_total{way="pointer"}') == 1
    activate(home, "2")
    eventually(lambda: answering(client) == ("toy-2", 0.2))
    assert client.get("/v1/models").json()["refused"] is None


@pytest.mark.parametrize("pointer", ["", "9\n", "../1\n"])
def test_a_broken_pointer_is_told(serve: Serve, home: Path, pointer: str) -> None:
    client = serve()
    point(home, pointer)
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
