"""Counts of a view's tickets: corrected, unless the view chose them by what the machine said of that very group."""

from __future__ import annotations

import numpy as np

from data.taxonomy import GroupId
from service.reports.counts.prevalence import Counts
from service.reports.counts.spread import as_counted
from service.reports.ledger import Ints, Ledger
from service.reports.view import View


def count(view: View, tickets: Ledger, group: GroupId, cells: Ints | None = None, size: int = 1) -> Counts:
    """Count a group's labels in cells, as `Prevalence.counts` does where that may be."""
    if view.filter.asks(group):
        return as_counted(tickets, group, cells, size)
    return view.prevalence.counts(tickets, group, cells, size)


def together(counts: Counts, first: int) -> Counts:
    """Put all cells from one on into one."""
    return Counts(
        counts.names,
        counts.counted[:, first:].sum(axis=1, keepdims=True),
        counts.draws[:, first:].sum(axis=1, keepdims=True),
        np.array([counts.tickets[first:].sum()]),
        counts.corrected,
    )


def correction_note(view: View, group: GroupId, *, corrected: bool) -> str:
    """Say what the numbers are: estimates, or counts as they came."""
    if corrected:
        return view.tongue.say(
            "Estimated: the model’s known errors are taken out. The range holds the true number in 95 of 100 cases."
        )
    if view.filter.asks(group):
        return view.tongue.say(
            "The filter chose messages by what the classifier said, so some of these figures are as it counted."
        )
    return view.tongue.say("As the model counted: how it errs is not known, so nothing is taken out.")
