"""What deserves attention first: what grew for sure and goes on, then what presses most as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from data.taxonomy import GroupId
from service.reports.counts.spread import FEWEST_FOR_SHARES
from service.reports.latest import URGENT_WEIGHS, urgent
from service.reports.pages import address
from service.reports.since import Change, Since
from service.reports.view import View

MOST: Final = 3

_SOUGHT: Final[tuple[GroupId, ...]] = ("themes", "signals")
"""Groups whose labels may deserve attention."""


@dataclass(frozen=True)
class Attention:
    """One thing to look at: what it is called, why, and where it is shown."""

    name: str
    why: str
    link: str


def attention(since: Since) -> list[Attention]:
    """Choose what to look at, by the last four weeks: what they have more of, urgent messages weighing more."""
    weighed = [found for group in _SOUGHT for found in _grown(since, group)]
    chosen = sorted(weighed, key=lambda each: -each[0])[:MOST]
    found = [
        Attention(since.view.tongue.label(each.group, each.label), why, _link(since.view, each.group, each.label))
        for _, each, why in chosen
    ]
    if len(found) == MOST:
        return found
    seen = {each.label for _, each, _ in chosen if each.group == "themes"}
    return found + [more for label, more in _urgent(since) if label not in seen][: MOST - len(found)]


def _grown(since: Since, group: GroupId) -> list[tuple[float, Change, str]]:
    """Weigh what grew and has not faded, by how much more of it the last weeks had; and say why."""
    tongue, late = since.view.tongue, since.latest
    grown = [each for each in since.grown(group) if not late.faded(group, each.label)]
    if not grown or since.before.start is None or since.before.end is None:
        return []
    labels = [each.label for each in grown]
    part = ((late.days[1] - late.days[0]).days + 1) / ((since.before.end - since.before.start).days + 1)
    shares, found = urgent(since.view, group, labels), []
    for place, each in enumerate(grown):
        more = max(late.counts(group).interval(each.label).mid - part * each.before.mid, 0.0)
        numbers = {"now": tongue.number(each.now.mid), "before": tongue.number(each.before.mid)}
        share = None if shares is None else float(np.median(shares[place]))
        if share is None or (each.now.counted or 0) < FEWEST_FOR_SHARES:
            why = tongue.say("About {now} messages, {before} in the period before.", **numbers)
        else:
            why = tongue.say(
                "About {now} messages, {before} in the period before; about {share} of them are urgent.",
                share=tongue.share(share),
                **numbers,
            )
        found.append((more * (1 + (URGENT_WEIGHS - 1) * (share or 0.0)), each, why))
    return found


def _urgent(since: Since) -> list[tuple[str, Attention]]:
    """List themes by the urgent messages of the last weeks; by all messages where the taxonomy knows no urgency."""
    view, tongue, late = since.view, since.view.tongue, since.latest
    counts = late.counts("themes")
    names = [label for label in counts.names if late.view.tickets.labels["themes"].of(label).any()]
    shares = urgent(late.view, "themes", names)
    numbers = {
        label: float(np.median(counts.of(label)[0] * (1.0 if shares is None else shares[place])))
        for place, label in enumerate(names)
    }
    dates = {"start": tongue.day(late.days[0]), "end": tongue.day(late.days[1])}
    found = []
    for label in sorted(names, key=lambda each: -numbers[each]):
        if not (n := round(numbers[label])):
            break
        if shares is None:
            why = tongue.count(
                "About one message from {start} to {end}.", "About {n} messages from {start} to {end}.", n, **dates
            )
        else:
            why = tongue.count(
                "About one urgent message from {start} to {end}.",
                "About {n} urgent messages from {start} to {end}.",
                n,
                **dates,
            )
        found.append((label, Attention(tongue.label("themes", label), why, _link(view, "themes", label))))
    return found


def _link(view: View, group: GroupId, label: str) -> str:
    return address(view, **{"themes": {"theme": label}, "signals": {"signal": label}}.get(group, {}))
