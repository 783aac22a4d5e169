"""What is counted of tickets, and how long the store takes."""

from __future__ import annotations

from typing import Final, Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.metrics import SECONDS

Work = Literal["read", "write", "erase"]
"""Kinds of calls to the store, as they are measured."""

OUTCOMES: Final = ("created", "unchanged", "changed", "refused")
CORRECTIONS: Final = ("given", "undone")
ERASED: Final = ("ticket", "subject", "retention")
READINGS: Final = ("kept", "dropped", "failed")


class TicketMetrics:
    """The counters, all of which begin at 0. All hooks may be called from any thread."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, told: str, label: str, values: tuple[str, ...]) -> Counter:
            made = Counter(f"reclamo_{name}", told, [label], registry=registry)
            for value in values:
                made.labels(value)
            return made

        self._put = counter("tickets_put", "Tickets put, by what became of them.", "outcome", OUTCOMES)
        self._corrections = counter("corrections", "Corrections by people.", "act", CORRECTIONS)
        self._erased = counter("erased_tickets", "Tickets that were deleted, by why.", "why", ERASED)
        self._shadow = counter("shadow_tickets", "Tickets offered to the challenger.", "outcome", READINGS)
        self._rescored = counter("rescored_tickets", "Tickets to be read by another model.", "outcome", READINGS)
        self._waiting = Gauge("reclamo_rescore_waiting", "Tickets that another model answered.", registry=registry)
        self._seconds = Histogram(
            "reclamo_store_seconds", "Waiting for the ticket store.", ["work"], buckets=SECONDS, registry=registry
        )
        for work in get_args(Work):
            self._seconds.labels(work)

    def put(self, outcome: str) -> None:
        """Count a ticket that was put."""
        self._put.labels(outcome).inc()

    def corrected(self, act: str) -> None:
        """Count a correction."""
        self._corrections.labels(act).inc()

    def erased(self, why: str, tickets: int) -> None:
        """Count tickets that are gone."""
        self._erased.labels(why).inc(tickets)

    def shadowed(self, outcome: str) -> None:
        """Count what became of a ticket that the challenger was to read."""
        self._shadow.labels(outcome).inc()

    def rescored(self, outcome: str) -> None:
        """Count what became of a ticket that another model had answered."""
        self._rescored.labels(outcome).inc()

    def waiting(self, tickets: int) -> None:
        """Say how many tickets another model answered."""
        self._waiting.set(tickets)

    def stored(self, work: Work, seconds: float) -> None:
        """Measure a call of the store."""
        self._seconds.labels(work).observe(seconds)
