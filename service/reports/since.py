"""What is compared with the period before, and which changes are more than chance and the classifier's errors explain.

A change holds both what the classifier may have got wrong (the draws of `Prevalence`) and chance: messages come as they
like, so that a count of n may as well have been n ± √n, and in waves, which makes it more (`counts.straying`). Dozens
of labels are looked at at once, so what is called grown or shrunk is chosen among all that a page may speak of, as
`counts.differences` does. Only days that are over are compared, with as many of each day of the week before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from statistics import NormalDist
from typing import Final

import numpy as np

from data.taxonomy import GroupId
from service.reports.counts.asked import count, together
from service.reports.counts.correcting import DRAWS
from service.reports.counts.differences import Real, holds
from service.reports.counts.prevalence import Counts, interval
from service.reports.counts.spread import draws
from service.reports.counts.straying import straying
from service.reports.figure import Interval
from service.reports.latest import Latest
from service.reports.ledger import Bools, Floats, Ints, Ledger, date_of, day_of
from service.reports.roles import Role, role
from service.reports.seen import whole
from service.reports.view import View

SOUGHT: Final[tuple[GroupId, ...]] = ("themes", "signals", "urgency")
"""Groups whose labels are said to grow or shrink."""

SLACK: Final = 0.1
"""Part of the period before that may be without tickets at its beginning: where few come, the first may come late."""

STRAY: Final = 0.02
"""Part of a period's tickets that another version of the model may have answered before they count as mixed."""

PAST: Final = 182
"""Days before the view from whose weeks it is learnt how far counts stray."""

_CHANCE: Final = np.random.default_rng(0).permutation(
    [NormalDist().inv_cdf((place + 0.5) / DRAWS) for place in range(DRAWS)]
)
"""Draws of a standard normal: the same each time, as a page stands still, and around 0, as chance moves no middle."""

BEFORE, NOW, UNFINISHED = range(3)
"""Cells of a comparison; what is unfinished is the view's, but not compared."""

_VOLUME, _COMPLAINTS = "volume", "complaints"


@dataclass(frozen=True)
class Change:
    """How many tickets have a label, now and in the period before."""

    group: GroupId
    label: str
    before: Interval
    now: Interval
    difference: Interval
    z: float
    """Standard deviations from no difference."""


class Since:
    """Compares a view with the period before; each group once."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.now = whole(view.filter, view.ledger)
        """Asks for the view's days that are over."""
        self.before = view.filter.before(self.now.end)
        self._found: dict[GroupId, list[Change]] = {}
        self._counts: dict[GroupId, Counts] = {}

    @cached_property
    def over(self) -> bool:
        """Whether there is a day to compare."""
        return not (self.now.start and self.now.end) or self.now.start <= self.now.end

    @cached_property
    def reaches(self) -> bool:
        """Whether the tickets reach back to about the beginning of the period before."""
        first, start, end = self.view.ledger.first_day, self.before.start, self.before.end
        if first is None or start is None or end is None or not self.over:
            return False
        return first <= start + max(timedelta(days=1), (end - start) * SLACK)

    @property
    def comparable(self) -> bool:
        """Whether there are tickets to compare with, which were chosen alike: not by labels of another model."""
        return self.reaches and not (self.mixed and self.view.filter.asks_labels)

    @cached_property
    def mixed(self) -> bool:
        """Whether versions of the model share the two periods, so that counts need correction to be compared."""
        tickets, cells = self.tickets
        versions = tickets.feature("model")
        at = cells * len(versions.names) + versions.codes
        table = np.bincount(at, minlength=3 * len(versions.names)).reshape(3, -1)[:UNFINISHED]
        if not table.any():
            return False
        others = table.sum(axis=1) - table[:, table.sum(axis=0).argmax()]
        return bool((others > STRAY * table.sum(axis=1)).any())

    @cached_property
    def latest(self) -> Latest:
        """The last weeks of the view."""
        return Latest(self.view)

    @cached_property
    def tickets(self) -> tuple[Ledger, Ints]:
        """The tickets of both periods, and the cell of each."""
        ledger, now = self.view.ledger, self.view.filter.rows(self.view.ledger)
        rows = np.flatnonzero(now | self.before.rows(ledger))
        cells = now[rows].astype(np.int64)
        if self.now.end is not None:
            cells[now[rows] & (ledger.days[rows] > day_of(self.now.end))] = UNFINISHED
        return ledger[rows], cells

    @cached_property
    def sizes(self) -> tuple[int, int]:
        """Tickets of the period before, and of the view's days that are over."""
        before, now, _ = np.bincount(self.tickets[1], minlength=3).tolist()
        return before, now

    def counts(self, group: GroupId) -> Counts:
        """Count a group in the whole view, in one cell: what is written and what is drawn are the same counts."""
        if self.compares(group):
            return together(self._both(group), NOW)
        return count(self.view, self.view.tickets, group)

    def compares(self, group: GroupId) -> bool:
        """Whether a group's counts can be compared: one model made them, or the errors of each are taken out."""
        known = bool(self.view.tongue.taxonomy.ids(group)) and self.comparable
        return known and (not self.mixed or self._both(group).corrected)

    def of(self, group: GroupId) -> list[Change]:
        """List a group's labels, the largest growth first; none where there is nothing to compare with."""
        if group not in self._found:
            self._found[group] = self._compare(group) if self.compares(group) else []
        return self._found[group]

    def grown(self, group: GroupId) -> list[Change]:
        """List the labels that grew for sure, the largest growth first."""
        return [each for each in self.of(group) if each.z > 0 and (group, each.label) in self._sure]

    def shrunk(self, group: GroupId) -> list[Change]:
        """List the labels that shrank for sure, the largest loss first."""
        return [each for each in reversed(self.of(group)) if each.z < 0 and (group, each.label) in self._sure]

    @property
    def volume_changed(self) -> bool:
        """Whether there are more or fewer messages for sure."""
        return (_VOLUME, "") in self._sure

    @property
    def complaints_changed(self) -> bool:
        """Whether complaints are another share of the messages for sure."""
        return (_COMPLAINTS, "") in self._sure

    def complaints(self) -> tuple[Floats, Floats] | None:
        """Draw which share of the messages complains, before and now; None where that cannot be compared."""
        found = role("grievance", self.view.tongue.taxonomy)
        return self.shares(found) if found else None

    def shares(self, found: Role) -> tuple[Floats, Floats] | None:
        """Draw which share of the messages plays a role, before and now; None where that cannot be compared."""
        if self.view.filter.asks(found.group) or not self.compares(found.group) or not all(self.sizes):
            return None
        drawn = draws(self._both(found.group), found.labels)
        before, now = drawn[BEFORE] / self.sizes[BEFORE], drawn[NOW] / self.sizes[NOW]
        return before, now

    @cached_property
    def _sure(self) -> frozenset[tuple[str, str]]:
        """Everything that changed for sure, of all that may be spoken of."""
        found = {(str(group), each.label): each.z for group in SOUGHT for each in self.of(group)}
        if self.comparable:
            before, now = self.sizes
            found[_VOLUME, ""] = (now - before) / np.sqrt(max(1.0, (now + before) * self._straying(None)[0]))
        if shares := self.complaints():
            mean = [float(each.mean()) for each in shares]
            chance = sum(part * (1 - part) / n for part, n in zip(mean, self.sizes, strict=True))
            found[_COMPLAINTS, ""] = (mean[1] - mean[0]) / np.sqrt(
                max(1e-12, float((shares[1] - shares[0]).var()) + chance)
            )
        if not found:
            return frozenset()
        sure = holds(np.array(list(found.values())))
        return frozenset(each for each, held in zip(found, sure.tolist(), strict=True) if held)

    def _both(self, group: GroupId) -> Counts:
        if group not in self._counts:
            tickets, cells = self.tickets
            self._counts[group] = count(self.view, tickets, group, cells, 3)
        return self._counts[group]

    def _compare(self, group: GroupId) -> list[Change]:
        counts = self._both(group)
        found: list[Change] = []
        for label, strays in zip(counts.names, self._straying(group, counts.names)[1:], strict=True):
            before, now = counts.of(label)[[BEFORE, NOW]]
            chance = np.maximum(before + now, 0) * strays
            spread = np.sqrt(max(1e-12, float((now - before).var() + chance.mean())))
            found.append(
                Change(
                    group,
                    label,
                    counts.interval(label, BEFORE),
                    counts.interval(label, NOW),
                    interval(now - before + _CHANCE * np.sqrt(chance)),
                    float((now - before).mean()) / spread,
                )
            )
        return sorted(found, key=lambda each: -each.difference.mid)

    def _straying(self, group: GroupId | None, names: tuple[str, ...] = ()) -> Real:
        """Estimate how far all messages stray, and those with each of some labels."""
        tickets, weeks, stretches = self._weeks
        held: list[Bools] = [np.ones(len(tickets), np.bool_)]
        if group:
            held += [tickets.labels[group].of(name) for name in names]
        rows = [np.bincount(weeks[each & (weeks >= 0)], minlength=len(stretches)) for each in held]
        return straying(np.stack(rows), stretches)

    @cached_property
    def _weeks(self) -> tuple[Ledger, Ints, Ints]:
        """Tickets up to the view's end, the whole week of each or −1, and which weeks are the view's (1)."""
        first, start, end = self.view.ledger.first_day, self.now.start, self.now.end
        if first is None or start is None or end is None:
            return self.view.tickets[:0], np.zeros(0, np.int64), np.zeros(0, np.int64)
        since = max(day_of(first), min(day_of(start) - PAST, day_of(self.before.start or start)))
        tickets = self.now.model_copy(update={"start": date_of(since)}).of(self.view.ledger)
        mine, earlier = (day_of(end) - day_of(start) + 1) // 7, max(0, day_of(start) - since) // 7
        days = tickets.days.astype(np.int64)
        own = days >= day_of(start)
        back = np.where(own, day_of(end) - days, day_of(start) - 1 - days) // 7
        whole_week = back < np.where(own, mine, earlier)
        weeks = np.where(whole_week, back + np.where(own, 0, mine), -1)
        return tickets, weeks, np.repeat([1, 0], [mine, earlier])
