"""The ticket store as the service has it: opened by the settings, asked on threads, and what its failures are called.

A database waits for its disk, so it is never asked on the event loop. A few threads are enough: one writer at a time
gets into SQLite anyhow.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from data.store.database import Uncertain
from data.store.store import Store
from service.aside import aside
from service.deadline import Deadline
from service.errors import Overloaded, Problem, ShuttingDown, StoreFailed, StoreFull
from service.settings import Settings, SettingsError
from service.ticket_metrics import Work

THREADS: Final = 4
MOST_WAITING: Final = 256
"""Calls that may wait for a thread; beyond it they are refused (429)."""

FRESH: Final = 5.0
"""Seconds for which the answer of a probe holds."""

PATIENCE: Final = 2.0
"""Seconds that a probe of the store may take."""

FULL: Final = frozenset({"SQLITE_FULL", "53100"})
"""How SQLite and PostgreSQL (`disk_full`) call a disk without room."""

T = TypeVar("T")
Timed = Callable[[Work, float], None]
"""Is told what was asked of the store, and the seconds that it took."""


def check_store(settings: Settings) -> Path | None:
    """Find the file of the store's secret; None where there is no store. Raises `SettingsError`."""
    if settings.store is None:
        if settings.shadow:
            raise SettingsError("RECLAMO_SHADOW compares models on stored tickets: set RECLAMO_STORE too")
        return None
    url = _url(settings.store)
    in_file = url.get_backend_name() == "sqlite"
    if in_file and url.database in (None, "", ":memory:"):
        raise SettingsError(
            "RECLAMO_STORE: a store in memory is lost at the end; name a file: sqlite:///var/tickets.db"
        )
    if settings.store_secret is not None:
        return settings.store_secret
    if not in_file:
        raise SettingsError("RECLAMO_STORE_SECRET is needed: a file, made where there is none, that is backed up apart")
    return Path(f"{url.database}.secret")


def open_store(settings: Settings) -> Store:
    """Open the store that the settings name; raises `SettingsError` and `StoreUnusable`."""
    secret = check_store(settings)
    if settings.store is None or secret is None:
        raise SettingsError("RECLAMO_STORE is not set")
    return Store.open(settings.store, secret)


def _url(written: str) -> URL:
    try:
        return make_url(written)
    except ArgumentError:
        raise SettingsError(
            "RECLAMO_STORE cannot be read: write sqlite:///var/tickets.db or postgresql://USER@HOST/DATABASE"
        ) from None


class StoreCalls:
    """Asks the store on a few threads, and turns what fails into refusals."""

    def __init__(self, store: Store, timed: Timed) -> None:
        self.store = store
        self._timed = timed
        self._threads: ThreadPoolExecutor | None = None
        self._free = asyncio.Semaphore(THREADS)
        self._waiting = 0

    def start(self) -> None:
        """Make the threads."""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="store")
        self._free = asyncio.Semaphore(THREADS)  # that of an earlier loop is tied to it

    async def stop(self) -> None:
        """End when what was begun is done, and let go of the database."""
        threads, self._threads = self._threads, None
        if threads:
            await asyncio.to_thread(threads.shutdown)
        await asyncio.to_thread(self.store.close)

    async def ask(self, kind: Work, work: Callable[[Store], T], deadline: Deadline | None = None) -> T:
        """Do `work` on a thread, unless all are busy until the deadline.

        Whoever stops waiting does not stop what has begun, and nor does the deadline. Raises `Overloaded`, `StoreFull`,
        `StoreFailed`, and by whose deadline it is `DeadlinePassed` or `TooSlow`.
        """
        if self._waiting >= MOST_WAITING:
            raise Overloaded("Too many calls wait for the ticket store: ask again later.")
        began = time.monotonic()
        problem: Problem
        try:
            await self._turn(deadline)
            return await asyncio.shield(self._begin(work))
        except SQLAlchemyError as error:
            problem = told(error)
        finally:
            self._timed(kind, time.monotonic() - began)
        raise problem  # out here it does not carry what failed, whose message quotes its parameters

    async def _turn(self, deadline: Deadline | None) -> None:
        """Wait for a thread, here and not in the line of the threads: whoever gives up leaves nothing behind."""
        self._waiting += 1
        try:
            async with asyncio.timeout(deadline.left() if deadline else None):
                await self._free.acquire()
        except TimeoutError:
            assert deadline
            raise deadline.passed(0) from None
        finally:
            self._waiting -= 1

    def _begin(self, work: Callable[[Store], T]) -> asyncio.Future[T]:
        if self._threads is None:
            self._free.release()
            raise ShuttingDown("The service is stopping: ask again, another one may answer.")
        begun = asyncio.get_running_loop().run_in_executor(self._threads, work, self.store)
        begun.add_done_callback(lambda _: self._free.release())  # and no sooner, whoever stops waiting
        return begun


class Health:
    """Whether the store can be written, asked seldom and beside the loop: probes of the service come often."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._until = 0.0
        self._writable = True
        self._probe: asyncio.Task[None] | None = None

    async def writable(self) -> bool:
        """Say whether something could be written a few seconds ago, or now where that is longer ago."""
        if time.monotonic() >= self._until:
            if self._probe is None or self._probe.done():
                self._probe = asyncio.create_task(self._look())
            await asyncio.shield(self._probe)  # however many ask, it is one
        return self._writable

    async def _look(self) -> None:
        try:
            self._writable = await aside(self._store.writable, PATIENCE)
        except Exception:  # too slow, or not to be reached at all
            self._writable = False
        self._until = time.monotonic() + FRESH


def told(error: SQLAlchemyError) -> Problem:
    """Name the refusal that a failure of the database is. Nothing of its own message is repeated."""
    cause = getattr(error, "orig", None)
    codes = {getattr(cause, "sqlite_errorname", None), getattr(cause, "sqlstate", None)}
    if codes & FULL:
        return StoreFull("The disk of the ticket store is full and nothing was kept: make room, then send it again.")
    if isinstance(error, Uncertain):
        failed = StoreFailed(
            "The ticket store failed at the last step and may have kept it: look before you send it again."
        )
        failed.unsure = True
        return failed
    return StoreFailed("The ticket store could not be used and nothing was kept: send it again.")
