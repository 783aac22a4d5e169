"""Makes pages: finds the newest ledger, counts on a thread beside the event loop, and keeps what was made.

What is kept is figures and charts, never a ledger and never a text, and only until the store changes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

from models.artifact import ArtifactError, read_manifest
from models.confusion import Confusion, read_confusion
from models.registry import versions
from service.aside import aside
from service.classify import Classifier
from service.errors import NoStore, Overloaded, TooSlow, Unavailable
from service.reports.counts.prevalence import Prevalence
from service.reports.filters import Filter
from service.reports.ledger import Ledger
from service.reports.pages import Content, Page
from service.reports.psychology.playbook import Playbook
from service.reports.tongue import Tongue
from service.reports.view import View

if TYPE_CHECKING:
    from data.store.store import Store

log = logging.getLogger(__name__)

AT_ONCE: Final = 2
"""Pages, charts and files that are made at the same time."""

MOST_WAITING: Final = 64
"""Of them, those that may wait; beyond it they are refused (429)."""

MOST_KEPT: Final = 512
"""Pages, charts and files that are kept; a chart has some 30 kB, a PDF some 200."""

LONGEST: Final = 60.0
"""Seconds that one may take."""

COUNTED: Final = 3.0
"""Seconds after which the first count may be over."""

EASED: Final = 30.0
"""Seconds after which what took too long may be asked for again."""

T = TypeVar("T")


class Books(Protocol):
    """Keeps the newest ledger (`service/reports/books.py`)."""

    @property
    def ledger(self) -> Ledger:
        """All tickets, as they stood some seconds ago."""

    @property
    def number(self) -> int:
        """Grows with every change."""

    @property
    def ready(self) -> bool:
        """Whether the store has been read once."""


@dataclass(frozen=True)
class Shown:
    """A page that was made: what it shows, for which tickets, and how many those are."""

    page: Page
    view: View
    content: Content
    number: int


class Desk:
    """Where pages are made. Everything is asked from the event loop."""

    def __init__(
        self,
        classifier: Classifier,
        books: Books | None,
        *,
        home: Path,
        fewest: int = 5,
        store: Store | None = None,
        zone: ZoneInfo | None = None,
        playbook: Playbook | None = None,
    ) -> None:
        """`books` is None where no tickets are kept; `home` holds the versions of the model."""
        self.classifier = classifier
        self._books = books
        self._home = home
        self._fewest = fewest
        self._store = store
        self._playbook = playbook
        self.zone = zone
        """Of days; None is UTC."""
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._number = -1
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._prevalence: tuple[str, Prevalence] | None = None

    @property
    def keeps(self) -> bool:
        """Whether there are tickets to report on at all."""
        return self._books is not None

    @property
    def ready(self) -> bool:
        """Whether they have been counted once since the start."""
        return self._books is not None and self._books.ready

    @property
    def ledger(self) -> Ledger:
        """All tickets; raises `NoStore`."""
        return self._open_books().ledger

    def tongue(self, language: str) -> Tongue:
        """Speak a language, with the names of the model that answers now."""
        return Tongue(language, self.classifier.engine.taxonomy)

    async def show(self, page: Page, asked: Filter, language: str) -> Shown:
        """Make a page; raises `NoStore`, `Unavailable`, `Overloaded` and `TooSlow`."""
        books = self._open_books()
        if not books.ready:
            told = "The tickets are being counted for the first time since the start: ask again."
            raise Unavailable(told, retry_after=COUNTED)
        number, ledger = books.number, books.ledger
        self._forget(number)
        view = View(
            ledger=ledger,
            filter=asked.dated(ledger),
            tongue=self.tongue(language),
            prevalence=await self._find_prevalence(),
            fewest=self._fewest,
            store=self._store,
            playbook=self._playbook,
        )
        content = await self.once((page.id, *self._key(view, number)), lambda: page.content(view))
        return Shown(page, view, content, number)

    async def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Do work on a thread, once however many ask for it, and keep what came of it under `key`."""
        if key in self._kept:
            self._kept.move_to_end(key)
            kept: T = self._kept[key]
            return kept
        return await self._share(key, lambda: self._keep(key, make))

    async def fresh(self, make: Callable[[], T]) -> T:
        """Do work on a thread, in turn with all other, for one who asks; nothing of it is kept."""
        return await self._share(object(), lambda: self._do(make))

    def key_of(self, shown: Shown, *more: Hashable) -> Hashable:
        """Name something that is made of a page."""
        return (shown.page.id, *self._key(shown.view, shown.number), *more)

    async def _share(self, key: Hashable, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= MOST_WAITING:
                raise Overloaded("Too many reports are being made: ask again later.")
            task = self._under_way[key] = asyncio.create_task(begin())
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # told to those who wait
        made: T = await asyncio.shield(task)
        return made

    async def _keep(self, key: Hashable, make: Callable[[], T]) -> T:
        number = self._number
        made = await self._do(make)
        if number == self._number:
            self._kept[key] = made
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return made

    async def _do(self, make: Callable[[], T]) -> T:
        failed: Exception
        async with self._turns:
            try:
                return await aside(make, LONGEST)
            except TimeoutError:
                failed = TooSlow("The report was not there in time: ask for fewer days.", retry_after=EASED)
            except Exception as error:
                failed = _told(error) if self._store else error
        raise failed  # out here it does not carry what failed in the store, whose message quotes its parameters

    def _key(self, view: View, number: int) -> tuple[Hashable, ...]:
        engine = self.classifier.engine
        return view.filter.query(), view.tongue.language, number, engine.model_version, engine.taxonomy.version

    def _forget(self, number: int) -> None:
        """Let go of what was made from an older state of the store."""
        if number != self._number:
            self._kept.clear()
            self._number = number

    def _open_books(self) -> Books:
        if self._books is None:
            raise NoStore("This service keeps no tickets. It does when started with RECLAMO_STORE=sqlite:///tickets.db")
        return self._books

    async def _find_prevalence(self) -> Prevalence:
        """Know how every version of the model errs whose artifact is there; read anew when another one answers."""
        version = self.classifier.engine.model_version
        if self._prevalence is None or self._prevalence[0] != version:
            confusions = await asyncio.to_thread(read_confusions, self._home)
            self._prevalence = version, Prevalence(confusions)
        return self._prevalence[1]


def _told(error: Exception) -> Exception:
    """Name the refusal that a failure of the store is."""
    from sqlalchemy.exc import SQLAlchemyError  # a database's driver is loaded only where there is a store

    from service.storing import told

    return told(error) if isinstance(error, SQLAlchemyError) else error


def read_confusions(home: Path) -> dict[str, Confusion]:
    """Read how each version errs, by what its answers call it; what cannot be read, or does not say, is left out."""
    found: dict[str, Confusion] = {}
    for folder in versions(home):
        try:
            confusion, version = read_confusion(folder), read_manifest(folder).model_version
        except ArtifactError as error:
            log.warning("%s: how it errs cannot be read: %s", folder.name, error)
            continue
        if confusion is not None:
            found[version] = confusion
    return found
