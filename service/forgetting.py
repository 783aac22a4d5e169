"""What was erased or purged leaves the snapshots and exports of trainings too: soon, and again until it has."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from service.retention import MINUTES

if TYPE_CHECKING:
    from data.store.copies import Cleaned

log = logging.getLogger(__name__)

GATHERED: Final = 1.0
"""Seconds in which erasures that follow each other are gathered for one look at the copies."""

RESTS: Final = 10.0
"""Times as long as a look took until the next: each goes through all of them, beside calls that want the processor."""

Clean = Callable[[], "Awaitable[Cleaned]"]
"""Takes out of the copies what the store no longer has, and says where it could not."""


class Forgetting:
    """Cleans at the start, for whoever was killed between an erasure and this, and after whatever erases or purges."""

    def __init__(self, clean: Clean, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._clean = clean
        self._sleep = sleep
        self._asked = asyncio.Event()
        self._asked.set()

    def ask(self) -> None:
        """Say that something was deleted. From the event loop."""
        self._asked.set()

    async def run(self) -> None:
        """Clean whenever it was asked for, until cancelled; what failed is tried again in minutes."""
        took = 0.0
        while True:
            await self._asked.wait()
            await self._sleep(max(GATHERED, RESTS * took))
            self._asked.clear()
            began = time.monotonic()
            done = await self._done()
            took = time.monotonic() - began
            if not done:
                self._asked.set()
                await self._sleep(MINUTES)

    async def _done(self) -> bool:
        try:
            found = await self._clean()
        except Exception as error:  # what a database can raise may quote its parameters
            log.error("what was deleted may still be in the copies of trainings: %s", type(error).__name__)
            return False
        if found.rows:
            log.info("%d texts that were deleted left the copies of trainings", found.rows)
        for place, fault in found.failed.items():
            log.error("what was deleted may still be in %s of the trainings, in minutes again: %s", place, fault)
        return not found.failed
