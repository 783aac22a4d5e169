"""Weeks or months of a view: a series has a point for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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
    """Divide the tickets of a dated filter into weeks from Monday on, or into months where they span a long time."""
    if not len(tickets):
        return Periods((), np.zeros(0, np.int64), "date")
    days = tickets.days.astype(np.int64)
    weeks = (days + 3) // 7  # 1970-01-01 was a Thursday
    first, last = int(weeks.min()), int(weeks.max())
    if last - first < MOST_WEEKS:
        starts = [date_of(week * 7 - 3) for week in range(first, last + 1)]
        return Periods(starts, weeks - first, "date", _partial(starts, asked, timedelta(days=7)))
    begins, ends = date_of(int(days.min())).replace(day=1), date_of(int(days.max()))
    starts = []
    while begins <= ends:
        starts.append(begins)
        begins = (begins + timedelta(days=32)).replace(day=1)
    cells = np.searchsorted(np.array([day_of(start) for start in starts]), days, side="right") - 1
    return Periods(starts, cells.astype(np.int64), "month", _partial(starts, asked, timedelta(days=31)))


def _partial(starts: Sequence[date], asked: Filter, longest: timedelta) -> Sequence[date]:
    """Find the first and the last period where they begin before the filter does, or end after it."""
    after = starts[-1] + longest
    if longest.days > 7:
        after = after.replace(day=1)
    begun = [starts[0]] if asked.start and starts[0] < asked.start else []
    return [*begun, *([starts[-1]] if asked.end and after > asked.end + timedelta(days=1) else [])]
