"""The store of a running service, and what goes on beside its calls.

That is the probe, the daily purge, forgetting in what trainings keep, the challenger, the ledger that reports are
counted from, the reading anew of what another model answered, and alerts and digests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from data.store.copies import clean, runs_folder
from service.classify import Classifier
from service.forgetting import Forgetting
from service.history import Histories
from service.loading import Load
from service.reading import Redact
from service.reports.alarms.sending import open_watching
from service.reports.alarms.watching import watch_daily
from service.reports.books import Books
from service.rescoring import Rescoring
from service.retention import purge_daily, read_days, sweep_again
from service.settings import Settings
from service.shadow import Shadow, keep_shadow
from service.storing import Health, StoreCalls, check_store, open_store
from service.ticket_metrics import TicketMetrics, Work
from service.tickets import Tickets
from service.zone import read_zone

Now = Callable[[], datetime]


class Keeping:
    """Everything that a service with a store has more than one without."""

    def __init__(
        self,
        settings: Settings,
        classifier: Classifier,
        *,
        load: Load,
        metrics: TicketMetrics,
        redact: Redact,
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        """Open the store; raises `SettingsError` and `StoreUnusable`."""
        self.watching = open_watching(settings, lambda: classifier.engine.taxonomy)
        self.calls = StoreCalls(open_store(settings), self._asked)
        self.health = Health(self.calls.store)
        self.shadow = None
        if settings.shadow:
            keep = partial(keep_shadow, self.calls)
            self.shadow = Shadow(settings.shadow, load, classifier, keep=keep, counted=metrics.shadowed)
        history = Histories(classifier, settings.taxonomies)
        self.books = Books(self.calls.store, history, read_zone(settings.timezone))
        runs = runs_folder(settings.runs)
        self._forgetting = Forgetting(lambda: self.calls.ask("write", lambda store: clean(runs, store)))
        erased, shadow = self._erased, self.shadow
        self.tickets = Tickets(self.calls, classifier, redact=redact, metrics=metrics, look=erased, shadow=shadow)
        self.rescoring = None
        if settings.rescore:
            self.rescoring = Rescoring(self.calls, classifier, counted=metrics.rescored, waiting=metrics.waiting)
        self._retention = read_days(settings.retention)
        self._metrics = metrics
        self._now = now
        self._beside: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin what goes on beside. Needs a running loop."""
        self.calls.start()
        self._beside = [
            asyncio.create_task(purge_daily(self.purge, now=self._now)),
            asyncio.create_task(sweep_again(self.catch_up)),
            asyncio.create_task(self._forgetting.run()),
        ]
        if self.shadow:
            self._beside.append(asyncio.create_task(self.shadow.run()))
        if self.rescoring:
            self._beside.append(asyncio.create_task(self.rescoring.run()))
        if self.watching:
            self._beside.append(asyncio.create_task(watch_daily(self.watching, self.books, self._now)))
        self.books.start()

    async def stop(self) -> None:
        """End it, finish what the store has begun, and close it."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await asyncio.to_thread(self.books.stop)
        await self.calls.stop()

    async def purge(self, now: datetime) -> int:
        """Delete tickets that are past their time at this moment; returns how many."""
        kept = self._retention
        gone = await self.calls.ask("erase", lambda store: store.purge(kept.sources, default=kept.default, now=now))
        self._metrics.erased("retention", gone)
        return gone

    async def catch_up(self) -> bool:
        """Sweep out what an earlier sweep could not; returns whether nothing is left."""
        return await self.calls.ask("write", lambda store: store.catch_up())

    def _asked(self, work: Work, seconds: float) -> None:
        """Measure a call of the store, and see to what it erased."""
        self._metrics.stored(work, seconds)
        if work == "erase":
            self._erased()

    def _erased(self) -> None:
        """Have what was erased leave the reports soon, and the copies that trainings keep."""
        self.books.look()
        self._forgetting.ask()


def open_keeping(
    settings: Settings,
    classifier: Classifier,
    metrics: TicketMetrics,
    *,
    load: Load,
    redact: Redact | None = None,
) -> Keeping | None:
    """Open the store that the settings name; None where they name none. Raises `SettingsError` and `StoreUnusable`."""
    if check_store(settings) is None:
        return None
    return Keeping(settings, classifier, load=load, metrics=metrics, redact=redact or _redactor())


def _redactor() -> Redact:
    """Import it only where tickets are kept: its lists of names take memory."""
    from data.redaction import redact

    return redact
