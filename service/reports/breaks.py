"""Where a series breaks because another model answers: figures before and after are not to be compared there."""

from __future__ import annotations

from typing import Final

import numpy as np

from service.reports.figure import Break
from service.reports.ledger import Ledger, date_of
from service.reports.tongue import Tongue
from service.reports.view import View

AROUND: Final = 3
"""Days before and after one that are looked at with it: a few tickets that an old model answered make no break."""


def find_breaks(view: View) -> list[Break]:
    """Find the breaks of a view, those at its edge included, which only the tickets before it show."""
    start = view.filter.start
    tickets = view.filter.model_copy(update={"start": view.filter.before().start}).of(view.ledger)
    return [each for each in breaks(tickets, view.tongue) if start is None or each.at >= start]


def breaks(ledger: Ledger, tongue: Tongue) -> list[Break]:
    """Find the days of receipt from which on another version of the model answered most tickets, the earliest first.

    While a new model reads older tickets anew, the newest first, the break wanders back; then it is gone.
    """
    versions = ledger.feature("model")
    if len(versions.names) < 2:
        return []
    days, places = np.unique(ledger.days, return_inverse=True)
    if len(days) < 2:
        return []
    cells = places * len(versions.names) + versions.codes
    daily = np.bincount(cells, minlength=len(days) * len(versions.names)).reshape(len(days), -1)
    sums = np.concatenate([np.zeros((1, daily.shape[1]), np.int64), daily.cumsum(axis=0)])
    first = np.searchsorted(days, days - AROUND, side="left")
    last = np.searchsorted(days, days + AROUND, side="right")
    most = (sums[last] - sums[first]).argmax(axis=1)
    return [
        Break(
            date_of(int(days[at])),
            tongue.say(
                "From here on another version of the model answers: {after}, before it {before}.",
                before=versions.names[most[at - 1]],
                after=versions.names[most[at]],
            ),
        )
        for at in np.flatnonzero(most[1:] != most[:-1]) + 1
    ]
