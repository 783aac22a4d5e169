"""Read a request body as JSON in UTF-8, and measure it, before any field is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from email.message import Message as Header
from typing import Any, ClassVar, Final, NoReturn

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from service.errors import (
    BodyTooLarge,
    FieldError,
    InvalidEncoding,
    InvalidFields,
    MalformedJson,
    TextTooLong,
    TooManyMessages,
    UnsupportedMedia,
)
from service.gate import check_scopes, scopes_of
from service.settings import Settings

MOST_FIELDS: Final = 40
"""No object that the service reads has more fields; thousands would only make thousands of complaints."""

BESIDE_TEXT: Final = 64_000
"""Bytes that a body may have beside the text of a message."""

BYTES_OF_CHARACTER: Final = 12
"""In JSON at most: two escapes, such as `\\ud83d\\ude00`."""


class JsonRequest(Request):
    """A request whose JSON is read strictly, and once: UTF-8 only, no NaN, measured against the limits."""

    _value: object = None

    async def json(self) -> object:
        if self._value is None:
            self._value = parse_json(await self.body())
            measure(self._value, self.app.state.settings)
        return self._value


class JsonRoute(APIRoute):
    """A route that reads JSON, once the key was found to have the scopes for it.

    The body is read here, outside the framework's own catch-all for unreadable bodies.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        original = super().get_route_handler()
        has_body = self.body_field is not None
        needed = scopes_of(self)
        optional = self.body_field is not None and not self.body_field.field_info.is_required()

        async def handle(request: Request) -> Response:
            request = JsonRequest(request.scope, request.receive)
            if has_body:
                check_scopes(request, needed)
            if has_body and not (optional and not await request.body()):
                check_media_type(request.headers.get("content-type"))
                if not (body := await request.body()):
                    raise MalformedJson("The body is empty: send a JSON object.")
                if len(body) > (most := self.most_bytes(request.app.state.settings)):
                    raise BodyTooLarge(f"A body of this call may have {most:,} bytes, and not {len(body):,}.")
                self.check_room(request)
                await request.json()
            return await original(request)

        return handle

    def most_bytes(self, settings: Settings) -> int:
        """Bytes that a body may have; parsing and checking them holds up everybody else."""
        return BESIDE_TEXT

    def check_room(self, request: Request) -> None:
        """Refuse, before the body is parsed, where there is no room for what it asks."""


class ComputingRoute(JsonRoute):
    """A route that computes what one message says.

    While the line is full nothing is parsed for it, not even to look into the cache: a refusal then costs a tenth of a
    millisecond, where it would take five times that from those whose answers are computed.
    """

    prompt: ClassVar[bool] = True
    """Which part of the line it takes (`service/scheduler.py`)."""

    def most_bytes(self, settings: Settings) -> int:
        """Allow for the longest message, however it is written."""
        return BESIDE_TEXT + BYTES_OF_CHARACTER * settings.max_characters

    def check_room(self, request: Request) -> None:
        """Raise `Overloaded` where the line is full."""
        request.app.state.classifier.scheduler.check_room(prompt=self.prompt)


class BatchRoute(ComputingRoute):
    """A route that computes what many messages say. They may wait, and be as large as any body may be."""

    prompt = False

    def most_bytes(self, settings: Settings) -> int:
        """Take what was let in."""
        return settings.max_body_bytes


def check_media_type(given: str | None) -> None:
    """Accept `application/json`, with `charset=utf-8` or none; raises `UnsupportedMedia`."""
    header = Header()
    header["content-type"] = given or ""
    if given is None or header.get_content_type() != "application/json":
        raise UnsupportedMedia("Send `Content-Type: application/json`.")
    charset = header.get_param("charset", "utf-8")
    if not isinstance(charset, str) or charset.strip().lower() not in ("utf-8", "utf8"):
        raise UnsupportedMedia("JSON is sent in UTF-8: leave the charset out, or say utf-8.")


def parse_json(body: bytes) -> object:
    """Parse strictly; raises `InvalidEncoding` or `MalformedJson`. Unpaired surrogates pass: fields refuse them."""
    try:
        written = body.decode("utf-8-sig")  # some systems begin with a byte order mark; RFC 8259 lets a reader skip it
    except UnicodeDecodeError as error:
        raise InvalidEncoding(f"The bytes from {error.start} on are not UTF-8: encode the body as UTF-8.") from None
    try:
        value: object = json.loads(written, parse_constant=_no_constant)
        return value
    except json.JSONDecodeError as error:
        raise MalformedJson(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except (ValueError, RecursionError):
        raise MalformedJson("The body has NaN, a number of thousands of digits, or too many levels.") from None


def measure(value: object, settings: Settings) -> None:
    """Hold parsed JSON against the limits on messages, characters and fields; its form is checked afterwards."""
    if not isinstance(value, dict):
        return
    messages = value.get("messages")
    listed = messages if isinstance(messages, list) else []
    if len(listed) > settings.max_messages:
        raise TooManyMessages(f"The batch has {len(listed):,} messages, the limit is {settings.max_messages:,}.")
    for place, item in [("", value), *((f"messages[{index}]", item) for index, item in enumerate(listed))]:
        if not isinstance(item, dict):
            continue
        if any(len(each) > MOST_FIELDS for each in (item, *item.values()) if isinstance(each, dict)):
            raise InvalidFields([FieldError(field=place or "body", detail="has too many fields", mend="see /docs")])
        text = item.get("text")
        if isinstance(text, str) and len(text) > settings.max_characters:
            field = f"{place}.text" if place else "text"
            raise TextTooLong(f"{field} has {len(text):,} characters, the limit is {settings.max_characters:,}.")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
