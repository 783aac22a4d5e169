"""The limits on bodies, first against a bare application, then through the whole service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from service.errors import BadLength, BodyTooLarge, Problem, SlowBody, UnsupportedMedia
from service.limits import BodyLimits
from tests.service.conftest import Start

JSON = {"content-type": "application/json"}


def run(
    messages: list[Message], headers: dict[str, str], *, stall: bool = False, max_bytes: int = 10
) -> tuple[bytes, int]:
    """Send ASGI messages through the limits; returns what the application read, and how many messages were taken."""
    taken = 0
    read = b""

    async def receive() -> Message:
        nonlocal taken
        if taken == len(messages):
            if stall:
                await asyncio.sleep(30)
            return {"type": "http.disconnect"}
        taken += 1
        return messages[taken - 1]

    async def send(_: Message) -> None: ...

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal read
        more = True
        while more:
            message = await receive()
            read += message.get("body", b"")
            more = message.get("more_body", False)

    scope: dict[str, Any] = {"type": "http", "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}
    asyncio.run(BodyLimits(app, max_bytes=max_bytes, timeout=0.05)(scope, receive, send))
    return read, taken


def chunks(*parts: bytes) -> list[Message]:
    return [
        {"type": "http.request", "body": part, "more_body": number < len(parts)} for number, part in enumerate(parts, 1)
    ]


def test_a_body_of_exactly_the_limit_passes() -> None:
    assert run(chunks(b"12345", b"67890"), {"content-length": "10"})[0] == b"1234567890"


def test_a_declared_length_over_the_limit_is_refused_before_the_application() -> None:
    with pytest.raises(BodyTooLarge):
        run(chunks(b"12345678901"), {"content-length": "11"})


def test_a_client_that_waits_for_100_continue_is_refused_without_reading() -> None:
    with pytest.raises(BodyTooLarge):
        run([], {"content-length": "9" * 5000, "expect": "100-continue"}, stall=True)


def test_chunks_are_counted_without_a_length() -> None:
    with pytest.raises(BodyTooLarge):
        run(chunks(b"12345", b"67890", b"1"), {})


def test_a_length_that_lies_does_not_help() -> None:
    with pytest.raises(BodyTooLarge):
        run(chunks(b"12345", b"678901"), {"content-length": "3"})


@pytest.mark.parametrize("length", ["ten", "-1", "1e3", "²", "1,1"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    with pytest.raises(BadLength):
        run(chunks(b""), {"content-length": length.encode().decode("latin-1")})


def test_a_slow_body_times_out() -> None:
    with pytest.raises(SlowBody):
        run([{"type": "http.request", "body": b"1", "more_body": True}], {"content-length": "2"}, stall=True)


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_a_compressed_body_is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedMedia):
        run(chunks(b"x"), {"content-encoding": encoding})


def test_identity_is_no_compression() -> None:
    assert run(chunks(b"x"), {"content-encoding": "identity"})[0] == b"x"


def test_every_such_refusal_ends_the_connection() -> None:
    refused: tuple[type[Problem], ...] = (BadLength, BodyTooLarge, SlowBody, UnsupportedMedia)
    for problem in refused:
        assert problem("").response().headers["connection"] == "close"


def test_ten_megabytes_are_refused(client: TestClient) -> None:
    response = client.post("/v1/classify", content=b'{"text": "' + b"a" * 10_000_000 + b'"}', headers=JSON)
    assert (response.status_code, response.json()["type"]) == (413, "urn:reclamo:problem:body-too-large")


def test_ten_megabytes_in_chunks_are_refused(client: TestClient) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(10):
            yield b"a" * 1_000_000

    response = client.post("/v1/classify", content=parts(), headers=JSON)
    assert (response.status_code, response.json()["type"]) == (413, "urn:reclamo:problem:body-too-large")


def test_a_gzip_bomb_is_not_unpacked(client: TestClient) -> None:
    response = client.post("/v1/classify", content=b"\x1f\x8b", headers={**JSON, "content-encoding": "gzip"})
    assert response.status_code == 415


def test_the_limit_is_a_setting(start: Start) -> None:
    client = start(max_body_bytes=30)
    assert client.post("/v1/classify", json={"text": "short"}).status_code == 200
    assert client.post("/v1/classify", content=json.dumps({"text": "l" * 30}), headers=JSON).status_code == 413
