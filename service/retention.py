"""How long tickets are kept, and the daily purge of what is past its time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from data.store.retention import DEFAULT, Retention, read_retention

log = logging.getLogger(__name__)

DAY: Final = 86_400.0
MINUTES: Final = 300.0
"""Seconds after which the database is asked again to let go of what was deleted."""

SOON: Final = 3_600.0
"""Seconds after which a purge that failed is tried again."""

SOURCE: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""What a source of tickets may be called."""


def read_days(written: str) -> Retention:
    """Read `365`, `365,zendesk=90` or `zendesk=90`, in days: without a source it is of all others.

    Raises `ValueError`, which says what to write.
    """
    parts = [part.strip() for part in written.split(",") if part.strip()]
    return read_retention(",".join(part if "=" in part else f"{DEFAULT}={part}" for part in parts))


Purge = Callable[[datetime], Awaitable[int]]
"""Deletes what is past its time at a moment; returns how many tickets."""


async def purge_daily(
    purge: Purge, *, now: Callable[[], datetime], sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> None:
    """Purge now and then once a day, until cancelled. A purge that fails is tried again in an hour."""
    while True:
        try:
            gone = await purge(now())
        except Exception as error:  # what a database can raise may quote its parameters
            log.error("tickets past their time were not deleted, in an hour again: %s", type(error).__name__)
            await sleep(SOON)
        else:
            if gone:
                log.info("%d tickets past their time were deleted", gone)
            await sleep(DAY)


CatchUp = Callable[[], Awaitable[bool]]
"""Sweeps out of the database what an earlier sweep could not; does nothing where there is nothing."""


async def sweep_again(catch_up: CatchUp, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
    """Make up every few minutes for sweeps that somebody was in the way of, until cancelled."""
    while True:
        await sleep(MINUTES)
        try:
            await catch_up()
        except Exception as error:  # as above
            log.error("what was deleted could not be swept out, in minutes again: %s", type(error).__name__)
