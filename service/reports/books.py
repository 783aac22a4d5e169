"""The newest `Ledger` of the store, in memory: filled beside the calls at the start, renewed every few seconds.

Only the tickets that are new or have another version than before are read anew. The moments of changes are no more
than a hint where to look for these: transactions end in another order than they began in, and clocks are set. So the
tickets and versions that are known afterwards are added up, and where they are not the store's (`Totals`), all ids and
versions are compared. Erasures show by that as well, whoever made them.

A million tickets are read in some twenty seconds of one core. The pages of reports meanwhile say that they are not
ready.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from data.taxonomy_history import TaxonomyHistory
from service.reports.ledger import MOST_NAMES, Bools, Ints, Ledger, join_ledgers, make_ledger

if TYPE_CHECKING:
    from data.store.facts import Totals
    from data.store.store import Store

log = logging.getLogger(__name__)

EVERY: Final = 5.0
"""Seconds between looks at the store."""

SHARE: Final = 20
"""A look that took long is followed by a rest so many times as long; by a quarter of it where something was erased."""

BREATH: Final = 0.01
"""Seconds of rest after each part that is read, for whoever answers requests meanwhile."""

MARGIN: Final = timedelta(minutes=2)
"""Changes that were longer under way are found by their sums."""

LONGEST_END: Final = 10.0
"""Seconds that the thread may take to end."""


@dataclass(frozen=True, eq=False)
class _Kept:
    """A ledger, the versions (n) of its tickets, how the store stood before it was read, and in what words."""

    ledger: Ledger
    versions: Ints
    totals: Totals
    history: TaxonomyHistory


class _Ended(Exception):
    """The service ends in the middle of a look."""


class Books:
    """Reads the store on a thread of its own, and never on that of who asks."""

    def __init__(
        self, store: Store, history: Callable[[], TaxonomyHistory], zone: ZoneInfo, *, every: float = EVERY
    ) -> None:
        """`history` brings labels to the taxonomy of the model that answers now; days are those of `zone`."""
        self.ledger: Ledger = make_ledger((), zone)
        """All tickets, as of a few seconds ago; no tickets until it is `ready`. Never changed, only replaced."""
        self.number = 0
        """Grows whenever another ledger takes the place of the one before. Ask for it before the ledger."""
        self.zone = zone
        self._store = store
        self._history = history
        self._every = every
        self._kept: _Kept | None = None
        self._full: frozenset[str] = frozenset()
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def ready(self) -> bool:
        """Whether the ledger has been filled."""
        return self._kept is not None

    def start(self) -> None:
        """Begin to fill the ledger."""
        self._thread = threading.Thread(target=self._run, name="books", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, before the store is closed. Waits for the part that is being read."""
        self._ending.set()
        self._wake.set()
        if self._thread:
            self._thread.join(LONGEST_END)

    def look(self) -> None:
        """Look soon: something was erased. May be called from any thread."""
        self._wake.set()

    def refresh(self) -> bool:
        """Look now, on the calling thread; returns whether the ledger is another one. Not for two threads at once.

        Raises whatever the database does.
        """
        history, kept = self._history(), self._kept
        if kept is None or kept.history is not history:
            self._keep(self._read_all(history))
            return True
        renewed = self._renew(kept)
        if renewed.ledger is kept.ledger:
            self._kept = renewed
            return False
        self._keep(renewed)
        return True

    def _keep(self, kept: _Kept) -> None:
        self._kept = kept
        self.ledger = kept.ledger
        self.number += 1  # after the ledger: what is cached under a number is never older than it
        full = {name for name, feature in kept.ledger.features.items() if len(feature.names) > MOST_NAMES}
        for name in sorted(full - self._full):
            log.warning("tickets have more than %d values of %s: reports count the rarer ones as one", MOST_NAMES, name)
        self._full |= full

    def _read_all(self, history: TaxonomyHistory) -> _Kept:
        totals = self._store.totals()  # before: what changes meanwhile is read once more
        parts, versions = self._read(history, None)
        return _Kept(join_ledgers(parts), np.concatenate([np.zeros(0, np.int64), *versions]), totals, history)

    def _read(self, history: TaxonomyHistory, ids: Ints | None) -> tuple[list[Ledger], list[Ints]]:
        parts = [make_ledger((), self.zone)]
        versions: list[Ints] = []
        for facts in self._store.facts(history, None if ids is None else ids.tolist()):
            parts.append(make_ledger(facts, self.zone))
            versions.append(np.array(facts.version, np.int64))
            if self._ending.wait(BREATH if ids is None else 0):
                raise _Ended
        return parts, versions

    def _renew(self, kept: _Kept) -> _Kept:
        totals, changed, gone = self._compare(kept, _before(kept.totals.newest))
        if not len(changed) and not gone.any():
            return _Kept(kept.ledger, kept.versions, totals, kept.history)
        old = np.isin(kept.ledger.ids, changed) | gone
        parts, versions = self._read(kept.history, changed)
        ledger = join_ledgers([kept.ledger[~old] if old.any() else kept.ledger, *parts])
        return _Kept(ledger, np.concatenate([kept.versions[~old], *versions]), totals, kept.history)

    def _compare(self, kept: _Kept, since: datetime | None) -> tuple[Totals, Ints, Bools]:
        """Say how the store stands, which ids are new or changed, and which tickets (n) of the ledger are gone."""
        totals, found = self._store.versions(since)
        ids, versions = found[:, 0], found[:, 1]
        known = kept.ledger.ids
        order = np.argsort(known, kind="stable")
        places = np.searchsorted(known, ids, sorter=order)
        there = places < len(known)
        places = order[places[there]]
        there[there] = same = known[places] == ids[there]
        before = np.zeros(len(ids), np.int64)
        before[there] = kept.versions[places[same]]
        changed = ids[before != versions]
        gone = np.zeros(len(known), np.bool_)
        if since is None:
            gone = ~np.isin(known, ids)
        else:
            tickets = len(known) + int(np.count_nonzero(~there))
            if (tickets, int(kept.versions.sum() + (versions - before).sum())) != totals[:2]:
                return self._compare(kept, None)
        return totals, changed, gone

    def _run(self) -> None:
        while not self._ending.is_set():
            began = time.monotonic()
            self._look()
            took = time.monotonic() - began
            if self._wake.wait(max(self._every, took * SHARE)):
                self._wake.clear()
                self._ending.wait(took * SHARE / 4)

    def _look(self) -> None:
        was, began = self.ready, time.monotonic()
        try:
            self.refresh()
        except _Ended:
            return
        except Exception as error:  # what a database can raise may quote its parameters
            log.error("reports are not brought up to date, soon again: %s", type(error).__name__)
        else:
            if not was:
                log.info("reports count %d tickets, read in %.1f s", len(self.ledger), time.monotonic() - began)


def _before(moment: datetime | None) -> datetime | None:
    try:
        return moment and moment - MARGIN
    except OverflowError:
        return None
