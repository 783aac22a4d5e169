"""The last four weeks of a view: what to do first is chosen by them, for what ended before is no longer the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from data.taxonomy import GroupId
from service.reports.counts.asked import count
from service.reports.counts.prevalence import Counts
from service.reports.counts.spread import draws, ratio, spread
from service.reports.ledger import Floats, Ints, date_of
from service.reports.roles import role
from service.reports.seen import whole
from service.reports.view import View

DAYS: Final = 28

URGENT_WEIGHS: Final = 3.0
"""A message that a person must act on today counts for as many others."""

_FADED: Final = 0.5
"""What comes so much more seldom than in the view as a whole has faded."""


def latest(view: View) -> View:
    """Look at the last `DAYS` days that are over, or at all that are where the view has no more of them."""
    asked = whole(view.filter, view.ledger)
    if asked.start is None or asked.end is None or asked.end < asked.start:
        return view
    return replace(view, filter=asked.model_copy(update={"start": max(asked.start, asked.end - timedelta(DAYS - 1))}))


class Latest:
    """Counts the last four weeks of a view beside the whole of it."""

    def __init__(self, view: View) -> None:
        self.all = view
        self.view = latest(view)
        self._counts: dict[GroupId, Counts] = {}

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        return _days(self.view)

    def counts(self, group: GroupId) -> Counts:
        """Count a group's labels."""
        if group not in self._counts:
            self._counts[group] = count(self.view, self.view.tickets, group)
        return self._counts[group]

    def faded(self, group: GroupId, label: str) -> bool:
        """Whether a label comes much more seldom than in the view as a whole, as labelled."""
        (start, end), (first, _) = self.days, _days(self.all)
        now, before = (int(each.tickets.labels[group].of(label).sum()) for each in (self.view, self.all))
        return now * ((end - first).days + 1) < _FADED * before * ((end - start).days + 1)

    def peak(self, group: GroupId, label: str) -> str:
        """Say when most messages with a label came and how many come now; "" of what has not faded."""
        if not self.faded(group, label):
            return ""
        tongue, (start, end), tickets = self.view.tongue, self.days, self.all.tickets
        weeks: Ints = (tickets.days[tickets.labels[group].of(label)].astype(np.int64) + 3) // 7  # from Monday on
        monday = date_of(int(np.bincount(weeks - weeks.min()).argmax() + weeks.min()) * 7 - 3)
        weekly = self.counts(group).interval(label).mid * 7 / ((end - start).days + 1)
        return tongue.say(
            "Most came in the week from {monday}; from {start} to {end} it was about {number} a week.",
            monday=tongue.day(monday),
            start=tongue.day(start),
            end=tongue.day(end),
            number=tongue.number(weekly, 0 if round(weekly) != 0 else 1),
        )


def urgent(view: View, group: GroupId, labels: Sequence[str]) -> Floats | None:
    """Draw which share of the tickets with each label is urgent (labels × S); None where the taxonomy knows none."""
    found = role("pressing", view.tongue.taxonomy)
    if found is None:
        return None
    held = spread(view.tickets, group, labels, (found.group,))
    counts = count(view, held.ledger, found.group, held.codes, max(1, len(labels)))
    return ratio(draws(counts, found.labels), counts.tickets[:, None].astype(np.float32))


def _days(view: View) -> tuple[date, date]:
    if view.filter.start is None or view.filter.end is None:
        raise ValueError("a view without dates has no last weeks")
    return view.filter.start, view.filter.end
