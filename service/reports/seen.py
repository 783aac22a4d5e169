"""How far the tickets reach: which days are over, and for how long a ticket has been seen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np

from service.reports.filters import Filter
from service.reports.ledger import Floats, Ledger, hours_of


def whole_until(ledger: Ledger) -> date | None:
    """Find the last day of which all tickets are there: the newest ticket's, but not today; None of no tickets."""
    last = ledger.last_day
    return last - timedelta(days=1) if last and last == ledger.today else last


def whole(asked: Filter, ledger: Ledger) -> Filter:
    """Ask for no day that is not over, or of which nothing can have come in yet; it may be none that is left."""
    until = whole_until(ledger)
    if until is None or asked.end is None or asked.end <= until:
        return asked
    return asked.model_copy(update={"end": until})


def ages(tickets: Ledger, ledger: Ledger) -> Floats:
    """Hours (n) from the receipt of tickets to that of the newest of all: so long it is known what became of them."""
    known = ledger.received_hours[ledger.received_hours <= hours_of(datetime.now(UTC))]
    newest = float(known.max()) if len(known) else 0.0
    return np.maximum(newest - tickets.received_hours, 0).astype(np.float32)
