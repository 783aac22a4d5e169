"""The store of a running service, and what goes on beside its calls: the probe, the daily purge and the challenger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from service.classify import Classifier
from service.loading import Load
from service.reading import Redact
from service.retention import purge_daily, read_days
from service.settings import Settings
from service.shadow import Shadow, keep_shadow
from service.storing import Health, StoreCalls, check_store, open_store
from service.ticket_metrics import TicketMetrics
from service.tickets import Tickets

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
        self.calls = StoreCalls(open_store(settings), metrics.stored)
        self.health = Health(self.calls.store)
        self.shadow = None
        if settings.shadow:
            keep = partial(keep_shadow, self.calls)
            self.shadow = Shadow(settings.shadow, load, classifier, keep=keep, counted=metrics.shadowed)
        self.tickets = Tickets(self.calls, classifier, redact=redact, metrics=metrics, shadow=self.shadow)
        self._retention = read_days(settings.retention)
        self._metrics = metrics
        self._now = now
        self._beside: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin what goes on beside. Needs a running loop."""
        self.calls.start()
        self._beside = [asyncio.create_task(purge_daily(self.purge, now=self._now))]
        if self.shadow:
            self._beside.append(asyncio.create_task(self.shadow.run()))

    async def stop(self) -> None:
        """End it, finish what the store has begun, and close it."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self.calls.stop()

    async def purge(self, now: datetime) -> int:
        """Delete tickets that are past their time at this moment; returns how many."""
        kept = self._retention
        gone = await self.calls.ask("erase", lambda store: store.purge(kept.sources, default=kept.default, now=now))
        self._metrics.erased("retention", gone)
        return gone


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
