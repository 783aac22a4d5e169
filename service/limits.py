"""Bound what a client may send, before a byte of it is parsed: its size, its time and its encoding.

Counting what arrives is the only check that holds: a Content-Length may be absent (chunked bodies) or untrue.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import BadLength, BodyTooLarge, SlowBody, UnsupportedMedia

DISCARDED: Final = 16_000_000
"""Bytes of a refused body that are read and thrown away: a client that is still sending would see a broken connection
instead of the 413."""

DISCARD_SECONDS: Final = 2.0


class BodyLimits:
    """Refuse bodies over `max_bytes` (413), slower than `timeout` seconds (408) or compressed (415)."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, timeout: float) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity"):
            raise UnsupportedMedia("A compressed body is not read: send it without Content-Encoding.")
        declared = headers.get("content-length", "0").strip()
        if not (declared.isascii() and declared.isdigit()):
            raise BadLength("Give the number of bytes of the body as Content-Length, or send it chunked.")
        # 18 digits hold any real size, and int() of thousands of digits would be work for nothing.
        if len(declared) > 18 or int(declared) > self.max_bytes:
            if "expect" not in headers:  # Expect: 100-continue: the client waits and has sent nothing yet
                await _discard(receive)
            raise self._too_large()
        await self.app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        """Wrap `receive` so that it counts bytes and seconds until the body is complete."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.timeout
        read = 0
        complete = False

        async def counted() -> Message:
            nonlocal read, complete
            if complete:  # what comes now is the disconnect, which may take as long as it likes
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise SlowBody(f"The whole body has to arrive within {self.timeout:g} seconds.") from None
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                complete = not message.get("more_body", False)
                if read > self.max_bytes:
                    if not complete:
                        await _discard(receive)
                    raise self._too_large()
            return message

        return counted

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"A body may have {self.max_bytes:,} bytes: send fewer messages at a time.")


async def _discard(receive: Receive) -> None:
    """Read on to the end of the body, but not for long and not for ever."""
    read = 0
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            while read < DISCARDED:
                message = await receive()
                read += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
