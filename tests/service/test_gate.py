from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from service.app import create_app
from service.body import JsonRoute
from service.errors import Unauthenticated
from service.gate import OPEN, OPEN_FOLDER, Gate, Gatekeeper, needs, shown_key
from service.keys import KeyRing, edit_keys
from service.rates import Lockout
from tests.service.conftest import Start, settings
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_keys import Make, maker

TEXT = {"text": "my parcel"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def make(path: Path) -> Make:
    return maker(path, "reports")


def bearer(shown: str) -> dict[str, str]:
    return {"authorization": f"Bearer {shown}"}


def problem(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix("urn:reclamo:problem:")


@pytest.mark.parametrize("path_", ["/v1/classify", "/v1/classify/batch", "/nothing", "/static", "/livez/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_address_is_closed_that_is_not_open(
    start: Start, path: Path, make: Make, path_: str, method: str
) -> None:
    response = start(keys=path).request(method, path_, json=TEXT)
    assert problem(response) == (401, "key-needed")
    assert response.headers["www-authenticate"] == 'Bearer realm="reclamo"'
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("open_path", [*sorted(OPEN), "/static/page.js", "/static/swagger/swagger-ui.css"])
def test_probes_and_pages_stay_open(start: Start, path: Path, make: Make, open_path: str) -> None:
    assert start(keys=path).get(open_path).status_code == 200


def test_an_open_folder_does_not_lead_out_of_itself(start: Start, path: Path, make: Make) -> None:
    client = start(keys=path)
    for way in ("/static/../v1/classify", "/static/%2e%2e/v1/classify", "/static//v1/classify"):
        assert client.post(way, json=TEXT).status_code in (401, 404, 405), way


@pytest.mark.parametrize("form", ["Authorization: Bearer {}", "authorization: bearer  {} ", "X-API-Key: {}"])
def test_the_right_key_opens_in_either_header(start: Start, path: Path, make: Make, form: str) -> None:
    name, _, value = form.format(make("shop", "classify")).partition(": ")
    assert start(keys=path).post("/v1/classify", json=TEXT, headers={name: value}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({}, None),
        ({"Authorization": "Bearer "}, None),
        ({"Authorization": "Basic abc"}, None),
        ({"Authorization": "Basic abc", "X-API-Key": "k"}, "k"),
        ({"Authorization": "Bearer a", "X-API-Key": "k"}, "a"),
        ({"X-API-Key": " "}, None),
    ],
)
def test_the_header_is_read(headers: dict[str, str], shown: str | None) -> None:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    assert shown_key(Request({"type": "http", "headers": raw}).headers) == shown


def test_no_refusal_tells_why_a_key_is_wrong(start: Start, path: Path, make: Make) -> None:
    shown = make("shop", "classify")
    over = make("over", "classify", expires=datetime.now(UTC) - timedelta(days=1))
    client = start(keys=path)
    wrong = [shown[:-4] + "beef", shown.replace(shown[4:16], "f" * 12), over, "rcl_", "hunter2", "x" * 10_000]
    answers = [client.post("/v1/classify", json=TEXT, headers=bearer(each)) for each in wrong]
    told = {(*problem(each), each.json()["detail"], each.headers["www-authenticate"]) for each in answers}
    assert [each[:2] for each in told] == [(401, "wrong-key")]


def test_a_key_without_the_scope_is_told_which(start: Start, path: Path, make: Make) -> None:
    shown = make("viewer", "reports", "admin")
    for address, body in (("/v1/classify", TEXT), ("/v1/classify/batch", {"messages": [TEXT]})):
        response = start(keys=path).post(address, json=body, headers=bearer(shown))
        assert problem(response) == (403, "scope-missing")
        assert "`classify`" in response.json()["detail"]
        assert 'error="insufficient_scope", scope="classify"' in response.headers["www-authenticate"]


def test_who_watches_the_service_has_a_key_that_opens_nothing_else(start: Start, path: Path, make: Make) -> None:
    watcher, boss = make("prometheus", "metrics"), make("boss", "admin")
    client = start(keys=path)
    assert client.get("/metrics", headers=bearer(watcher)).status_code == 200
    for method, address in (("GET", "/v1/models"), ("POST", "/v1/models/1/activate"), ("POST", "/v1/classify")):
        response = client.request(method, address, json={}, headers=bearer(watcher))
        assert problem(response) == (403, "scope-missing"), address
    assert problem(client.get("/metrics", headers=bearer(boss))) == (403, "scope-missing")


def test_the_scope_is_checked_before_the_body_is_read(start: Start, path: Path, make: Make) -> None:
    shown = make("viewer", "reports")
    client = start(keys=path)
    for content in (b"{not JSON", b""):
        response = client.post("/v1/classify", content=content, headers=bearer(shown))
        assert response.status_code == 403


def ask_of_gate(keeper: Gatekeeper, headers: list[tuple[bytes, bytes]]) -> tuple[int, list[Unauthenticated]]:
    """Send a request with a body through the gate; returns how often the body was asked for, and what was raised."""
    reads = 0
    raised: list[Unauthenticated] = []

    async def receive() -> Message:
        nonlocal reads
        reads += 1
        return {"type": "http.request", "body": b"{}"}

    async def send(_: Message) -> None: ...

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    scope = {"type": "http", "path": "/v1/classify", "headers": headers, "client": ("203.0.113.5", 1), "state": {}}
    try:
        asyncio.run(Gate(app, keeper=keeper)(scope, receive, send))
    except Unauthenticated as error:
        raised.append(error)
    return reads, raised


def test_the_body_is_not_read_before_the_key_is_checked(path: Path, make: Make) -> None:
    shown = make("shop", "classify")
    keeper = Gatekeeper(KeyRing(path), settings())
    assert ask_of_gate(keeper, [(b"authorization", f"Bearer {shown}".encode())])[0] == 1
    for headers in ([], [(b"x-api-key", b"wrong")]):
        reads, raised = ask_of_gate(keeper, headers)
        assert reads == 0
        assert raised


def test_a_client_that_waits_for_100_continue_is_sent_away(path: Path, make: Make) -> None:
    _, (refused,) = ask_of_gate(Gatekeeper(KeyRing(path), settings()), [(b"expect", b"100-continue")])
    assert isinstance(refused, Unauthenticated)
    assert refused.headers["Connection"] == "close"


def test_the_log_has_the_name_of_a_key_and_never_a_key(
    start: Start, path: Path, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown, wrong = make("shop", "classify"), f"rcl_{'0' * 12}_{'a' * 64}"
    client = start(keys=path, key_failures=1)
    client.post("/v1/classify", json=TEXT, headers=bearer(shown))
    client.post("/v1/classify", json=TEXT, headers=bearer(wrong))
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("service"))
    assert "POST /v1/classify 200" in ours
    assert "9 characters key shop " in ours
    assert "testclient is locked out for 1 seconds" in ours
    for secret in (shown, wrong, shown[17:], shown[4:16], wrong[17:]):
        assert secret not in ours


def test_a_key_has_its_requests_in_a_minute(start: Start, path: Path, make: Make) -> None:
    slow, usual = make("slow", "classify", requests_per_minute=2), make("usual", "classify")
    client = start(keys=path, requests_per_minute=4)
    for shown, allowed in ((slow, 2), (usual, 4)):
        for _ in range(allowed):
            assert client.post("/v1/classify", json=TEXT, headers=bearer(shown)).status_code == 200
        response = client.post("/v1/classify", content=b"{not JSON", headers=bearer(shown))
        assert problem(response) == (429, "rate-limited")
        assert 1 <= int(response.headers["retry-after"]) <= 60 / allowed


def test_a_key_has_its_characters_in_a_minute(start: Start, path: Path, make: Make) -> None:
    one, other = make("one", "classify"), make("other", "classify")
    client = start(keys=path, characters_per_minute=20)
    batch = {"messages": [{"text": "ten chars."}, {"text": "ten more.."}]}
    assert client.post("/v1/classify/batch", json=batch, headers=bearer(one)).status_code == 200
    response = client.post("/v1/classify", json=TEXT, headers=bearer(one))
    assert problem(response) == (429, "rate-limited")
    assert int(response.headers["retry-after"]) >= 20
    assert client.post("/v1/classify", json=TEXT, headers=bearer(other)).status_code == 200


def test_wrong_keys_lock_an_address_out_but_not_who_was_already_in(start: Start, path: Path, make: Make) -> None:
    known, new = make("known", "classify"), make("new", "classify")
    client = start(keys=path, key_failures=3)
    still: Any = client.app
    still.state.keeper.lockout = Lockout(3, clock=lambda: 0.0)  # the first lock is a second: guesses may be slower

    def ask(shown: str) -> tuple[int, str]:
        response = client.post("/v1/classify", json=TEXT, headers=bearer(shown))
        return (200, "") if response.status_code == 200 else problem(response)

    assert ask(known) == (200, "")
    assert [ask(f"guess {number}") for number in range(12)] == [(401, "wrong-key")] * 3 + [(429, "locked-out")] * 9
    assert ask(new) == (429, "locked-out"), "not even the right key is looked at"
    assert ask(known) == (200, "")
    elsewhere = TestClient(client.app, client=("203.0.113.9", 1))
    assert elsewhere.post("/v1/classify", json=TEXT, headers=bearer(new)).status_code == 200
    assert client.post("/v1/classify", json=TEXT).status_code == 401, "who shows no key guesses none"


def test_a_revoked_key_closes_while_the_service_runs(start: Start, path: Path, make: Make) -> None:
    shown, client = make("shop", "classify"), start(keys=path)
    assert client.post("/v1/classify", json=TEXT, headers=bearer(shown)).status_code == 200
    with edit_keys(path) as keys:
        keys.clear()
    client.app.state.keeper.ring._look_at = 0.0  # type: ignore[attr-defined]  # half a second has passed
    assert client.post("/v1/classify", json=TEXT, headers=bearer(shown)).status_code == 401


def test_without_keys_everybody_may_ask(client: TestClient) -> None:
    assert client.post("/v1/classify", json=TEXT).status_code == 200
    assert client.post("/v1/classify", json=TEXT, headers=bearer("hunter2")).status_code == 200


@pytest.mark.parametrize("route_class", [APIRoute, JsonRoute])
@pytest.mark.parametrize("where", ["router", "route", "include"])
def test_needs_can_stand_on_a_router_a_route_or_where_it_is_included(
    path: Path, make: Make, where: str, route_class: type[APIRoute]
) -> None:
    viewer, admin = make("viewer", "reports"), make("admin", "admin")
    app = create_app(DummyEngine(), settings(keys=path))
    asked = {place: [needs("admin")] if place == where else [] for place in ("router", "route", "include")}
    router = APIRouter(dependencies=asked["router"], route_class=route_class)

    @router.post("/v1/switch", dependencies=asked["route"])
    async def switch(number: int) -> int:
        return number

    app.include_router(router, dependencies=asked["include"])
    with TestClient(app) as client:
        assert problem(client.post("/v1/switch?number=1", headers=bearer(viewer))) == (403, "scope-missing")
        assert client.post("/v1/switch?number=1", headers=bearer(admin)).json() == 1
    assert app.openapi()["paths"]["/v1/switch"]["post"]["security"] == [{"key": ["admin"]}]


def test_without_the_gate_a_route_stays_closed(path: Path, make: Make) -> None:
    """Had someone taken the layer out and left the keeper, nothing may open."""
    app = FastAPI(dependencies=[needs("admin")])
    app.state.keeper = Gatekeeper(KeyRing(path), settings())
    app.add_api_route("/", lambda: "in")
    assert TestClient(app, raise_server_exceptions=False).get("/").status_code == 500


def test_every_call_that_is_not_open_says_which_scope_it_needs(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if path in OPEN or path.startswith(OPEN_FOLDER):
                assert "security" not in operation, (path, method)
            else:
                assert operation["security"][0]["key"], (path, method)
