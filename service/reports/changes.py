"""What changed since the period before, in plain words made from the figures, and what deserves attention.

A change counts where its interval excludes zero. The interval holds both what the classifier may have got wrong (the
draws of `Prevalence`) and chance: messages come as they like, so that a count of n may as well have been n ± √n.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from data.taxonomy import GroupId
from service.reports.counts.prevalence import Counts, interval
from service.reports.figure import Interval
from service.reports.ledger import Bools, Floats, Ints, Ledger
from service.reports.pages import address
from service.reports.roles import role
from service.reports.view import View

ROUGH: Final = 30
"""Fewer messages in all make rough figures."""

MOST_NAMED: Final = 3
"""Labels that a paragraph names as grown, and as shrunk; and things that deserve attention."""

SLACK: Final = 0.1
"""Part of the period before that may be without tickets at its beginning: where few come, the first may come late."""

_SURE: Final = 1.96
_MANIFOLD: Final = 2.0
"""From so many times as many on, a percentage is harder to read."""


@dataclass(frozen=True)
class Change:
    """How many tickets have a label, now and in the period before; `pressing` is the share of them that is."""

    group: GroupId
    label: str
    before: Interval
    now: Interval
    difference: Interval
    pressing: float

    @property
    def sure(self) -> bool:
        """Whether neither the classifier nor chance explains it."""
        return self.difference.low > 0 or self.difference.high < 0


@dataclass(frozen=True)
class Attention:
    """One thing to look at: what it is called, why, and where it is shown."""

    name: str
    why: str
    link: str


def comparable(view: View) -> bool:
    """Whether the tickets reach back to about the beginning of the period before."""
    first, before = view.ledger.first_day, view.filter.before()
    if first is None or before.start is None or before.end is None:
        return False
    return first <= before.start + max(timedelta(days=1), (before.end - before.start) * SLACK)


class Since:
    """Compares a view with the period before; each group once."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._found: dict[GroupId, list[Change]] = {}
        self._counts: dict[GroupId, tuple[Counts, int]] = {}
        self._both: tuple[Ledger, Ints] | None = None

    def counts(self, group: GroupId) -> tuple[Counts, int]:
        """Count a group, and say which cell is the view's: what is written and what is drawn are the same counts."""
        if group not in self._counts:
            if comparable(self.view):
                self._counts[group] = self.view.prevalence.counts(*self._tickets(group), 2), 1
            else:
                self._counts[group] = self.view.prevalence.counts(self.view.tickets, group), 0
        return self._counts[group]

    def of(self, group: GroupId) -> list[Change]:
        """List a group's labels, the largest growth first; none where there is nothing to compare with."""
        if group not in self._found:
            known = self.view.tongue.taxonomy.ids(group) and comparable(self.view)
            self._found[group] = _compare(self.view, group, self.counts(group)[0]) if known else []
        return self._found[group]

    def _tickets(self, group: GroupId) -> tuple[Ledger, GroupId, Ints]:
        """Take the tickets of both periods, and the period of each: 1 is the view's."""
        if self._both is None:
            ledger, asked = self.view.ledger, self.view.filter
            now = asked.rows(ledger)
            rows = np.flatnonzero(now | asked.before().rows(ledger))
            self._both = ledger[rows], now[rows].astype(np.int64)
        return self._both[0], group, self._both[1]


def _compare(view: View, group: GroupId, counts: Counts) -> list[Change]:
    held, pressing = view.tickets.labels[group], _pressing(view)
    found: list[Change] = []
    for label in counts.names:
        draws = counts.of(label)
        difference = interval(draws[1] - draws[0] + _chance(draws))
        tickets = held.of(label)
        share = float(pressing[tickets].mean()) if tickets.any() else 0.0
        before, after = counts.interval(label, 0), counts.interval(label, 1)
        found.append(Change(group, label, before, after, difference, share))
    return sorted(found, key=lambda each: -each.difference.mid)


def told(since: Since) -> list[str]:
    """Say what changed, a sentence each. The first says how many messages there are."""
    view, tongue, n = since.view, since.view.tongue, len(since.view.tickets)
    assert view.filter.start is not None
    assert view.filter.end is not None
    days = (view.filter.end - view.filter.start).days + 1
    said = [
        tongue.count(
            "One message came in from {start} to {end}.",
            "{n} messages came in from {start} to {end}.",
            n,
            start=tongue.day(view.filter.start),
            end=tongue.day(view.filter.end),
        )
    ]
    if not comparable(view):
        return [*said, tongue.say("There is nothing to compare with: the tickets do not reach back far enough.")]
    said += [_volume(view, n, len(view.earlier), days), *_complaints(since)]
    themes = since.of("themes")
    grown = [each for each in themes if each.difference.low > 0][:MOST_NAMED]
    shrunk = [each for each in reversed(themes) if each.difference.high < 0][:MOST_NAMED]
    for each in grown:
        said.append(tongue.say("{name} grew from about {before} to about {now} messages.", **_numbers(view, each)))
    for each in shrunk:
        said.append(tongue.say("{name} shrank from about {before} to about {now} messages.", **_numbers(view, each)))
    if themes and not grown and not shrunk:
        said.append(tongue.say("No theme grew or shrank more than chance explains."))
    said += _urgent(since)
    if n < ROUGH:
        said.append(tongue.say("With so few messages all figures are rough."))
    return said


def attention(since: Since) -> list[Attention]:
    """Choose what to look at first: what grew for sure and presses most, then what presses most as it is."""
    view, tongue = since.view, since.view.tongue
    grown = [each for group in _SOUGHT for each in since.of(group) if each.difference.low > 0]
    grown.sort(key=lambda each: -each.difference.mid * max(each.pressing, 0.01))
    found: list[Attention] = []
    seen: set[tuple[GroupId, str]] = set()
    for each in grown[:MOST_NAMED]:
        seen.add((each.group, each.label))
        numbers = _numbers(view, each)
        why = tongue.say(
            "About {now} messages, {before} in the period before; {share} of them are pressing.",
            now=numbers["now"],
            before=numbers["before"],
            share=tongue.share(each.pressing),
        )
        found.append(Attention(str(numbers["name"]), why, _link(view, each.group, each.label)))
    pressing, held = _pressing(view), view.tickets.labels["themes"]
    counted = {label: int((held.of(label) & pressing).sum()) for label in held.names}
    for label in sorted(counted, key=lambda each: -counted[each]):
        if len(found) >= MOST_NAMED or not counted[label]:
            break
        if ("themes", label) not in seen:
            why = tongue.count("One pressing message.", "{n} pressing messages.", counted[label])
            found.append(Attention(tongue.label("themes", label), why, _link(view, "themes", label)))
    return found


_SOUGHT: Final[tuple[GroupId, ...]] = ("themes", "signals")


def _volume(view: View, n: int, before: int, days: int) -> str:
    tongue = view.tongue
    numbers = {"days": tongue.number(days), "before": tongue.number(before)}
    if not before:
        return tongue.say("In the {days} days before there were none.", **numbers)
    if abs(n - before) <= _SURE * np.sqrt(n + before):
        return tongue.say("In the {days} days before there were about as many ({before}).", **numbers)
    if n >= _MANIFOLD * before:
        times = tongue.number(n / before, 0 if n >= 10 * before else 1)
        return tongue.say(
            "That is {times} times as many as in the {days} days before ({before}).", times=times, **numbers
        )
    numbers["share"] = tongue.share(abs(n / before - 1))
    if n > before:
        return tongue.say("That is {share} more than in the {days} days before ({before}).", **numbers)
    return tongue.say("That is {share} fewer than in the {days} days before ({before}).", **numbers)


def _complaints(since: Since) -> list[str]:
    view, tongue = since.view, since.view.tongue
    grievance = role("grievance", tongue.taxonomy)
    if grievance is None or not len(view.tickets) or not len(view.earlier):
        return []
    changes = {each.label: each for each in since.of(grievance.group)}
    held = [changes[label] for label in grievance.labels if label in changes]
    share = sum(each.now.mid for each in held) / len(view.tickets)
    before = sum(each.before.mid for each in held) / len(view.earlier)
    numbers = {"share": tongue.share(share), "before": tongue.share(before)}
    spread = _SURE * np.sqrt(0.25 / len(view.tickets) + 0.25 / len(view.earlier))
    width = max([(each.now.high - each.now.low) / 2 / len(view.tickets) for each in held] or [0.0])
    if abs(share - before) <= spread + width:
        return [tongue.say("Complaints are about {share} of the messages, as before.", **numbers)]
    if share > before:
        return [tongue.say("Complaints are about {share} of the messages, more than before ({before}).", **numbers)]
    return [tongue.say("Complaints are about {share} of the messages, less than before ({before}).", **numbers)]


def _urgent(since: Since) -> list[str]:
    view, tongue = since.view, since.view.tongue
    pressing = role("pressing", tongue.taxonomy)
    said: list[str] = []
    for each in since.of(pressing.group) if pressing else ():
        if pressing and each.label in pressing.labels and each.sure:
            numbers = _numbers(view, each)
            if each.difference.mid > 0:
                words = tongue.say(
                    "Messages of the urgency “{name}” grew from about {before} to about {now}.", **numbers
                )
            else:
                words = tongue.say(
                    "Messages of the urgency “{name}” shrank from about {before} to about {now}.", **numbers
                )
            said.append(words)
    return said


def _numbers(view: View, change: Change) -> dict[str, object]:
    tongue = view.tongue
    return {
        "name": tongue.label(change.group, change.label),
        "before": tongue.number(change.before.mid),
        "now": tongue.number(change.now.mid),
    }


def _pressing(view: View) -> Bools:
    """Tickets of the view that press; all where the taxonomy does not say."""
    found = role("pressing", view.tongue.taxonomy)
    return found.rows(view.tickets) if found else np.ones(len(view.tickets), np.bool_)


def _chance(draws: Floats) -> Floats:
    """Draw what chance adds to the difference of two counts (2 × S), the same each time: a page stands still."""
    normal = np.random.default_rng(0).standard_normal(draws.shape[1])
    noise: Floats = (normal * np.sqrt(np.maximum(draws.sum(axis=0), 0))).astype(np.float32)
    return noise


def _link(view: View, group: GroupId, label: str) -> str:
    return address(view, **{"themes": {"theme": label}, "signals": {"signal": label}}.get(group, {}))
