"""A running application around the dummy engine."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.engine import Engine
from service.app import create_app
from service.settings import Settings
from tests.service.dummy_engine import DummyEngine

Start = Callable[..., TestClient]
ON_BOTH = {f"tests.service.test_{name}" for name in ("idempotency", "keeping", "rescoring", "ticket_labels", "tickets")}
"""Modules whose `desk` stands on SQLite and on PostgreSQL."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run on both databases what has one case and does not look into SQLite's `folder`."""
    asked = inspect.signature(metafunc.function).parameters
    one_case = next(metafunc.definition.iter_markers("parametrize"), None) is None
    if metafunc.module.__name__ in ON_BOTH and "desk" in asked and "folder" not in asked and one_case:
        metafunc.parametrize("desk", ["sqlite", "postgresql"], indirect=True)


def settings(**changes: Any) -> Settings:
    """Small settings for tests: two workers, one second to end, no pointer followed, and the test client's name."""
    small = {"workers": 2, "grace": 1.0, "stop_delay": 0.0, "pointer_poll": 0.0, "hosts": "testserver"}
    return Settings(**{**small, **changes})


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """One ready application for the tests that change nothing in it."""
    with TestClient(create_app(DummyEngine(), settings()), raise_server_exceptions=False) as running:
        wait_until(lambda: running.get("/readyz").status_code == 200)
        yield running


@pytest.fixture
def start() -> Iterator[Start]:
    """Start an application of one's own: `start(engine, max_messages=2)`; `ready=False` does not wait for it."""
    with ExitStack() as stack:

        def begin(engine: Engine | None = None, *, ready: bool = True, **changes: Any) -> TestClient:
            app = create_app(engine or DummyEngine(), settings(**changes))
            running = stack.enter_context(TestClient(app, raise_server_exceptions=False))
            if ready:
                wait_until(lambda: running.get("/readyz").status_code == 200)
            return running

        yield begin
