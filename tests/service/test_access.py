from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Sequence

import pytest
import uvloop
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from models.engine import Prepared
from service.access import Access
from service.readiness import Readiness
from tests.service.conftest import Start
from tests.service.dummy_engine import DummyEngine

SECRET = "hunter2"


@pytest.mark.parametrize("path", ["/", "/livez", "/docs", "/static/page.js", "/nothing", "/v1/classify"])
def test_every_response_is_protected(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'; ")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-request-id"]


@pytest.mark.parametrize("path", ["/livez", "/openapi.json", "/nothing", "/v1/classify"])
def test_only_pages_and_their_files_may_be_kept_by_a_cache(client: TestClient, path: str) -> None:
    assert client.get(path).headers["cache-control"] == "no-store"
    for page in ("/", "/docs", "/static/page.js"):
        assert client.get(page).headers["cache-control"] == "no-cache"


def test_tls_alone_is_asked_for_only_where_there_is_tls(client: TestClient) -> None:
    assert "strict-transport-security" not in client.get("/").headers
    secured = client.get("https://testserver/").headers["strict-transport-security"]
    assert re.fullmatch(r"max-age=\d{7,}", secured)


def test_scripts_are_never_allowed_inline(client: TestClient) -> None:
    for path in ("/", "/docs"):
        policy = client.get(path).headers["content-security-policy"]
        assert "unsafe-eval" not in policy
        assert "script-src" not in policy, "the default, 'self', holds for scripts"


def test_the_log_says_what_happened_and_never_what_was_said(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.post(f"/v1/classify?q={SECRET}", json={"text": f"My word is {SECRET} 😀"})
    client.post("/v1/classify", json={"text": f"My word is {SECRET} \0"})
    client.post("/v1/classify", content=f'{{"text": "{SECRET}'.encode(), headers={"content-type": "application/json"})
    client.get("/a%0Aforged%20line" + "x" * 500)
    assert "POST /v1/classify 200" in caplog.text
    assert " ms 20 characters " in caplog.text
    assert SECRET not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("service"))
    lines = [record.getMessage() for record in caplog.records if "GET /a" in record.getMessage()]
    assert [
        line for line in lines if line.startswith("GET /a%0Aforged%20line") and "\n" not in line and len(line) < 250
    ]


def test_a_fault_is_a_500_without_a_trace_and_logged_without_its_message(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(group: Sequence[Prepared]) -> None:
        if SECRET in group[0].text:
            raise RuntimeError(f"cannot read {group[0].text}")

    client = start(DummyEngine(before=fail))
    caplog.clear()
    response = client.post("/v1/classify", json={"text": SECRET})
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "urn:reclamo:problem:internal"
    assert "RuntimeError" not in response.text
    assert response.headers["x-request-id"] in problem["instance"]
    assert f"{response.headers['x-request-id']} failed: RuntimeError at " in caplog.text
    assert "encode_core" in caplog.text
    assert SECRET not in caplog.text
    assert client.post("/v1/classify", json={"text": "still alive"}).status_code == 200


def test_a_client_that_resets_the_connection_while_it_is_answered_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    """What a server says who writes on is asked of the loop itself, lest the wording changed."""
    caplog.set_level(logging.INFO)
    heard: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("answer")(scope, receive, send)

    async def reset() -> None:
        ours, theirs = socket.socketpair()
        transport, _ = await asyncio.get_running_loop().create_unix_connection(asyncio.Protocol, sock=ours)
        theirs.close()

        async def send(message: Message) -> None:
            for _ in range(100 if message["type"] == "http.response.body" else 0):
                transport.write(b"answer")
                await asyncio.sleep(0)

        async def receive() -> Message:
            heard.append("the end")
            return {"type": "http.disconnect"}

        scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await Access(app, readiness=Readiness())(scope, receive, send)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(reset())
    assert heard == ["the end"]
    assert "GET / 499" in caplog.text
    assert not [each for each in caplog.records if each.levelno > logging.INFO]


def test_another_fault_of_sending_is_still_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    assert run(RuntimeError("Response content longer than Content-Length"))[0]["status"] == 500
    assert "failed: RuntimeError" in caplog.text


def run(raised: BaseException) -> list[Message]:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise raised

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    asyncio.run(Access(app, readiness=Readiness())(scope, receive, send))
    return sent


def test_a_client_that_went_away_is_sent_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert run(ClientDisconnect()) == []
    assert "GET / 499" in caplog.text


def test_a_request_cut_off_at_the_end_of_grace_is_told() -> None:
    assert run(asyncio.CancelledError())[0]["status"] == 503
