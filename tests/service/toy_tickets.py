"""A service that keeps tickets, with a redactor in miniature, and what is asked of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.engine import Engine
from service.app import create_app
from tests.data.store.postgres import Server
from tests.service.conftest import settings, wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_versions import load

PERSON = "maija@example.com"
TEXT = f"From {PERSON}: my parcel is late, cancel it"
URL = "/v1/tickets/shop/4711"

Desk = Callable[..., TestClient]


@dataclass(frozen=True)
class ToyRedacted:
    """A text without addresses of mail."""

    text: str
    found: list[tuple[int, int]]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of the original; none of the tests' lies in an address."""
        shift = sum(len("[email]") - (ends - begins) for begins, ends in self.found if ends <= start)
        return start + shift, end + shift


def redact(text: str, language: str | None = None) -> ToyRedacted:
    """Take out what looks like an address of mail."""
    pattern = re.compile(r"\S+@\S+\.\w+")
    return ToyRedacted(pattern.sub("[email]", text), [each.span() for each in pattern.finditer(text)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the store lies."""
    return tmp_path / "kept"


@pytest.fixture
def desk(folder: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Start a service that keeps tickets: `desk(engine, retention="9", redact=…)`; in SQLite but in `ON_BOTH`."""
    more: dict[str, Any] = {"store": f"sqlite:///{folder}/tickets.db"}
    if getattr(request, "param", "sqlite") == "postgresql":
        server: Server = request.getfixturevalue("server")
        more = {"store": server.url(), "store_secret": folder / "secret"}
    with ExitStack() as stack:

        def begin(engine: Engine | None = None, *, redact: Any = redact, **changes: Any) -> TestClient:
            given = settings(**{**more, **changes})
            app = create_app(engine or DummyEngine(), given, load=load, redact=redact)
            client = stack.enter_context(TestClient(app, raise_server_exceptions=False))
            wait_until(lambda: client.get("/readyz").status_code == 200)
            return client

        yield begin


def put(client: TestClient, text: str = TEXT, url: str = URL, **more: Any) -> Any:
    return client.put(url, json={"text": text, **more})


def correct(client: TestClient, labels: dict[str, Any], *, headers: dict[str, str] | None = None, **more: Any) -> Any:
    return client.post(f"{URL}/labels", json={"labels": labels, **more}, headers=headers)


def problem(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix("urn:reclamo:problem:")


def count(client: TestClient, sample: str) -> float:
    """Read one sample of `/metrics`, such as `reclamo_corrections_total{act="given"}`."""
    line = next(each for each in client.get("/metrics").text.splitlines() if each.startswith(f"{sample} "))
    return float(line.rpartition(" ")[2])
