"""Let go of clients that take nothing in of the answer which waits for them.

A server waits without end until an answer can be sent, and a connection that is to be closed stays until all of it was.
Clients that ask and never read would hold their connections for ever, without a key, and a stop up for its whole grace.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger(__name__)

AT_ONCE: Final = struct.pack("ii", 1, 0)
"""For `SO_LINGER`: what the system itself still holds for the client, up to some megabytes, goes too."""


class UnreadLimits(HttpToolsProtocol):
    """Cut connections off whose client has taken nothing in between two looks, `unread_seconds` apart."""

    def __init__(self, *arguments: Any, unread_seconds: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.unread_seconds = unread_seconds
        self._next_look: asyncio.TimerHandle | None = None
        self._left = 0
        """Bytes that waited at the last look, and have not all gone since."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._next_look = self.loop.call_later(self.unread_seconds, self._look)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._left = 0

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next_look is not None:
            self._next_look.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        # Only then is nothing more written, so that what waits grows less or stays.
        held = self.flow.write_paused or self.transport.is_closing()
        left = self.transport.get_write_buffer_size() if held else 0
        if 0 < self._left <= left:
            log.info("a connection is cut off: its client took nothing in for %g seconds", self.unread_seconds)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            self.transport.abort()
            return
        self._left = left
        self._next_look = self.loop.call_later(self.unread_seconds, self._look)
