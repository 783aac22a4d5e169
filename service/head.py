"""Bound the line and the headers of a request, which the HTTP server reads before any application is asked.

The server has no limit on either: a client that never ends its headers would hold a connection for ever, and memory
without end. 900 such clients would leave no connection for anybody else.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from service.unread import UnreadLimits

log = logging.getLogger(__name__)

MOST_BYTES: Final = 65_536
"""Of a head; what the system hands over at once (up to 256 KiB) is looked at once it is read."""

MOST_HEADERS: Final = 128


class HeadLimits(UnreadLimits):
    """Close connections whose head takes longer than `seconds`; answer 400 to a head that is too large."""

    def __init__(self, *arguments: Any, seconds: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.seconds = seconds
        self._late: asyncio.TimerHandle | None = None
        self._in_head = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        began_in_head = self._in_head
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data) if began_in_head else 0
            if self._head_bytes > MOST_BYTES:
                self.send_400_response("The headers are too large.")
        # The server's own timer, for a connection that rests, ended with the first byte.
        if self.cycle is None or self.cycle.response_complete:
            self._expect_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS:
            raise ValueError("too many headers")  # which the parser turns into a 400

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head = False
        self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self.seconds, self._close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            log.info("a connection is closed: no whole head came within %g seconds", self.seconds)
            self.transport.close()
