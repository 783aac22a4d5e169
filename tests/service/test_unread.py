"""Clients that take nothing in of what is sent to them, over a transport and by a clock that are made up."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from service.head import HeadLimits

SECONDS = 7.0


class Clock:
    """Of the event loop the timers alone, which go off when told to."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, call: Callable[[], None]) -> Clock:
        self.timers.append((seconds, call))
        return self

    def cancel(self) -> None: ...

    def look(self) -> None:
        (call,) = (call for seconds, call in self.timers if seconds == SECONDS)
        self.timers.clear()
        call()


class Transport(asyncio.Transport):
    """Holds as many bytes as it is told that the client has not taken in."""

    def __init__(self) -> None:
        super().__init__({"socket": socket.socket()})
        self.left, self.closing, self.aborted = 0, False, False

    def get_write_buffer_size(self) -> int:
        return self.left

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        self.aborted = True


class Connection:
    def __init__(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None: ...

        self.clock, self.transport = Clock(), Transport()
        config = uvicorn.Config(app, log_config=None, lifespan="off")
        loop: Any = self.clock
        self.protocol = HeadLimits(config, ServerState(), {}, loop, seconds=1.0, unread_seconds=SECONDS)
        self.protocol.connection_made(self.transport)

    def looks(self, *left: int) -> bool:
        """Look at the connection, each time with as much left; says whether it was cut off."""
        for self.transport.left in left:
            self.clock.look()
        return self.transport.aborted


@pytest.fixture
def connection() -> Iterator[Connection]:
    made = Connection()
    yield made
    made.transport.get_extra_info("socket").close()


def test_who_takes_nothing_in_is_cut_off(connection: Connection) -> None:
    connection.protocol.pause_writing()
    assert not connection.looks(9_000_000)
    assert connection.looks(9_000_000)
    held = connection.transport.get_extra_info("socket")
    assert held.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)[:1] == b"\x01", "the system holds nothing on either"


def test_who_reads_slowly_is_waited_for(connection: Connection) -> None:
    connection.protocol.pause_writing()
    assert not connection.looks(9_000_000, 8_999_999, 8_000_000, 10, 0, 0)


def test_who_took_all_in_and_was_sent_more_is_waited_for(connection: Connection) -> None:
    connection.protocol.pause_writing()
    assert not connection.looks(9_000_000)
    connection.protocol.resume_writing()
    connection.protocol.pause_writing()
    assert not connection.looks(9_000_000)
    assert connection.looks(9_000_000)


def test_a_connection_that_only_has_its_end_left_to_send_ends_all_the_same(connection: Connection) -> None:
    connection.transport.closing = True
    assert not connection.looks(200)
    assert connection.looks(200)


def test_whom_nothing_waits_for_is_left_alone(connection: Connection) -> None:
    assert not connection.looks(200, 200, 200), "the answer is still being written"
    connection.transport.closing = True
    assert not connection.looks(0, 0, 0)
