from __future__ import annotations

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from service.connection import while_connected


def run(gone_after: float, work_takes: float) -> tuple[str, list[str]]:
    log: list[str] = []

    async def receive() -> Message:
        await asyncio.sleep(gone_after)
        return {"type": "http.disconnect"}

    async def work() -> str:
        try:
            await asyncio.sleep(work_takes)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise
        return "done"

    async def main() -> str:
        return await while_connected(Request({"type": "http"}, receive), work())

    return asyncio.run(main()), log


def test_work_is_finished_for_a_client_that_stays() -> None:
    assert run(5, 0.001) == ("done", [])


def test_work_is_cancelled_when_the_client_goes() -> None:
    with pytest.raises(ClientDisconnect):
        run(0.001, 5)


def test_an_error_of_the_work_gets_out() -> None:
    async def receive() -> Message:
        await asyncio.sleep(5)
        return {"type": "http.disconnect"}

    async def work() -> str:
        raise KeyError("x")

    async def main() -> str:
        return await while_connected(Request({"type": "http"}, receive), work())

    with pytest.raises(KeyError):
        asyncio.run(main())
