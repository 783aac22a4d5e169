"""A service on a home of toy versions, sound ones and broken ones, and what is asked of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.registry import activate
from service.app import create_app
from service.loading import Load, current
from tests.service.conftest import settings, wait_until
from tests.service.toy_versions import load, make_version

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


def point(home: Path, pointer: str) -> None:
    """Write the pointer all at once, as every tool of ours does: a look at it in between would find it empty."""
    part = home / "current.part"
    part.write_text(pointer, encoding="utf-8")
    part.replace(home / "current")


def answering(client: TestClient) -> tuple[str, float]:
    answer = client.post("/v1/classify", json=TEXT).json()
    return answer["model_version"], answer["kind"]["confidence"]


def refusal(client: TestClient, version: str, **body: Any) -> tuple[int, str, str]:
    response = client.post(f"/v1/models/{version}/activate", json=body)
    told = response.json()
    return response.status_code, told["type"].removeprefix("urn:reclamo:problem:"), told["detail"]


def listed(client: TestClient, version: str) -> dict[str, Any]:
    return next(each for each in client.get("/v1/models").json()["versions"] if each["version"] == version)


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
