"""Weeks or months of a view: a series has a point for each."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from service.reports.figure import CellKind, Column
from service.reports.filters import Filter
from service.reports.ledger import Ints, Ledger, date_of, day_of
from service.reports.tongue import Tongue

MOST_WEEKS: Final = 60
"""A longer time is shown by month."""


@dataclass(frozen=True, eq=False)
class Periods:
    """The periods that tickets lie in, all between the first and the last included; `cells` (n) says in which each."""

    starts: Sequence[date]
    cells: Ints
    kind: CellKind
    partial: Sequence[date] = ()
    """Those that the view does not hold whole."""

    def column(self, tongue: Tongue) -> Column:
        """Make the first column of a series."""
        title = tongue.say("Month") if self.kind == "month" else tongue.say("Week from")
        return Column("period", title, self.kind)


def divide(tickets: Ledger, asked: Filter) -> Periods:
    """Divide the tickets of a dated filter into weeks from Monday on, or into months where they span a long time.

    It should ask for days that are over (`seen.whole`): what they do not fill is not whole.
    """
    if not len(tickets):
        return Periods((), np.zeros(0, np.int64), "date")
    days = tickets.days.astype(np.int64)
    weeks = (days + 3) // 7  # 1970-01-01 was a Thursday
    first, last = int(weeks.min()), int(weeks.max())
    if last - first < MOST_WEEKS:
        starts = [date_of(week * 7 - 3) for week in range(first, last + 1)]
        return Periods(starts, weeks - first, "date", _partial(starts, asked, 7))
    months = [each.year * 12 + each.month - 1 for each in (date_of(int(days.min())), date_of(int(days.max())))]
    starts = [date(month // 12, month % 12 + 1, 1) for month in range(months[0], months[1] + 1)]
    cells = np.searchsorted(np.array([day_of(start) for start in starts]), days, side="right") - 1
    length = monthrange(starts[-1].year, starts[-1].month)[1]
    return Periods(starts, cells.astype(np.int64), "month", _partial(starts, asked, length))


def _partial(starts: Sequence[date], asked: Filter, length: int) -> Sequence[date]:
    """Find the first period where it begins before the filter does, and the last, of so many days, that ends after."""
    begun = [starts[0]] if asked.start and starts[0] < asked.start else []
    return [*begun, *([starts[-1]] if asked.end and (asked.end - starts[-1]).days + 1 < length else [])]
