"""A challenger in the shadow: it reads the tickets that are kept, nobody is told, and people compare later.

It computes on the service's own threads, one ticket at a time and only while nothing else is computed. Tickets wait for
it in a short line, and are left out where that is full: what is learnt from a sample is enough, and answers come first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from data.store.errors import Missing, Stale
from data.store.records import Reading, TicketKey
from models.engine import Engine
from service.aside import aside
from service.classify import Classifier
from service.errors import Problem
from service.idle import answer_idly
from service.loading import Load, examine
from service.reading import Redacted, reading_of

if TYPE_CHECKING:
    from data.store.store import Store
    from service.storing import StoreCalls

log = logging.getLogger(__name__)

MOST_WAITING: Final = 64
LOADING: Final = 300.0
"""Seconds that loading and examining the challenger may take."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A ticket that was kept: its name, the mark of its text, and the text while it is still known."""

    key: TicketKey
    mark: str
    text: str = field(repr=False)
    language: str | None
    redacted: Redacted = field(repr=False)


Keep = Callable[[TicketKey, str, Reading], Awaitable[bool]]
"""Keeps a reading of the text with that mark; returns whether the ticket still has it."""

Counted = Callable[[str], None]
"""Is told what became of a ticket: `kept`, `dropped` or `failed`."""


class Shadow:
    """Loads the challenger and lets it read."""

    def __init__(self, folder: Path, load: Load, classifier: Classifier, *, keep: Keep, counted: Counted) -> None:
        self.folder = folder
        self.engine: Engine | None = None
        self._load = load
        self._classifier = classifier
        self._keep = keep
        self._counted = counted
        self._line: asyncio.Queue[Offered] = asyncio.Queue(MOST_WAITING)

    def offer(self, ticket: Offered) -> None:
        """Put a ticket in line, or leave it out."""
        try:
            if self.engine is None:
                raise asyncio.QueueFull
            self._line.put_nowait(ticket)
        except asyncio.QueueFull:
            self._counted("dropped")

    def forget(self) -> None:
        """Let go of every text in line: somebody is being erased."""
        while not self._line.empty():
            self._line.get_nowait()
            self._counted("dropped")

    async def run(self) -> None:
        """Load, then read until cancelled. A challenger that cannot be loaded harms nobody: the log says why."""
        try:
            served = self._classifier.engine.taxonomy
            loading = aside(lambda: examine(self.folder, self._load, self._classifier.settings, served), LOADING)
            self.engine = await loading
        except Exception as error:  # whatever loading can raise; its own words for what is wrong hold no message
            log.error("RECLAMO_SHADOW=%s is not read with: %s", self.folder, str(error) or type(error).__name__)
            return
        log.info("%s reads in the shadow", self.engine.model_version)
        while True:
            await self._read(await self._line.get())

    async def _read(self, ticket: Offered) -> None:
        try:
            assert self.engine
            answer = await answer_idly(self._classifier, self.engine, ticket.text, ticket.language)
            reading = reading_of(answer, ticket.redacted, self.engine.taxonomy, shadow=True)
            self._counted("kept" if await self._keep(ticket.key, ticket.mark, reading) else "dropped")
        except Problem:  # no room, no time, or the end
            self._counted("dropped")
        except Exception as error:  # its message may quote the text
            log.error("the challenger failed on a ticket: %s", type(error).__name__)
            self._counted("failed")


async def keep_shadow(calls: StoreCalls, key: TicketKey, mark: str, reading: Reading) -> bool:
    """Keep a challenger's reading, unless the ticket is gone or has another text by now; raises `Problem`."""

    def keep(store: Store) -> bool:
        known = store.known(key, mark)
        if known is None:
            return False
        store.add_reading(key, reading, known.revision)
        return True

    try:
        return await calls.ask("write", keep)
    except (Missing, Stale):
        return False
