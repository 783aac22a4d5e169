"""Hold responses against the OpenAPI document that the application gives, and send what no client library would."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import anyio
from jsonschema_rs import Validator, validator_for
from starlette.types import ASGIApp, Message, Scope

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Reply:
    """What came back; `status` is 0 where nothing did, because the client had gone."""

    status: int
    headers: dict[str, str]
    body: bytes


class Document:
    """The OpenAPI document of an application."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._validators: dict[tuple[str, str, int], Validator] = {}

    def check(self, method: str, path: str, reply: Reply) -> None:
        """Assert that a response has a status, a media type, headers and a form that were declared for the call."""
        declared = self.document["paths"][path][method]["responses"]
        assert str(reply.status) in declared, f"{reply.status} is not declared: {reply.body[:200]!r}"
        response = declared[str(reply.status)]
        for name, header in response.get("headers", {}).items():
            assert not header["required"] or name.lower() in reply.headers, f"{reply.status} without {name}"
        media = reply.headers["content-type"].partition(";")[0]
        assert media in response["content"], f"{reply.status} as {media}"
        if media.endswith("json"):
            body = json.loads(reply.body)
            self._validator(method, path, reply.status, response["content"][media]["schema"]).validate(body)
            if media == "application/problem+json":
                assert body["status"] == reply.status

    def _validator(self, method: str, path: str, status: int, schema: dict[str, Any]) -> Validator:
        key = method, path, status
        if key not in self._validators:
            self._validators[key] = validator_for(schema | {"components": self.document["components"]})
        return self._validators[key]


async def send(app: ASGIApp, method: str, path: str, headers: Headers, parts: Iterable[bytes], end: str) -> Reply:
    """Send a body in parts, as a server would pass it on. `end` is what follows: `whole`, `gone` or `nothing`."""
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method.upper(),
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    messages: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if end == "whole":
        messages.append({"type": "http.request", "body": b"", "more_body": False})
    if end == "gone":
        messages.append({"type": "http.disconnect"})
    waiting = iter(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        if (message := next(waiting, None)) is None:
            await anyio.sleep_forever()
        assert message
        return message

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, keep)
    if not sent:
        return Reply(0, {}, b"")
    told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent[1:]))
