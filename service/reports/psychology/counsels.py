"""Which counsels of the playbook a view's own figures call for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from service.reports.counts.prevalence import interval
from service.reports.counts.spread import draws, of_mask, ratio
from service.reports.figure import Interval
from service.reports.latest import URGENT_WEIGHS, latest
from service.reports.ledger import Floats
from service.reports.psychology.grievances import Grievances
from service.reports.psychology.playbook import Playbook, usual_playbook
from service.reports.roles import role

MOST: Final = 5
"""Counsels at once: who is told ten things does none."""

MOST_OF_THEME: Final = 2


@dataclass(frozen=True)
class Advice:
    """A counsel with what calls for it: a theme, what people want there, and how many they are."""

    theme: str
    theme_name: str
    motive: str
    motive_name: str
    messages: Interval
    urgent: Interval | None
    """How many of them are urgent; None where the taxonomy knows no urgency."""
    told: str
    """The size of the matter in a sentence."""
    text: str
    lang: str
    """What `text` is written in."""
    sources: Sequence[str]
    link: str


def advise(found: Grievances) -> tuple[list[Advice], str]:
    """Choose counsels by the view's last weeks, or by all of it where they are too few; and say by which days."""
    lately = Grievances(latest(found.view))
    advice = _choose(lately)
    if not advice and len(lately.view.tickets) < len(found.view.tickets):
        lately, advice = found, _choose(found)
    tongue, asked = found.tongue, lately.view.filter
    if not advice or asked.start is None or asked.end is None:
        return advice, ""
    return advice, tongue.say(
        "This advice is chosen by the messages from {start} to {end}: the largest matters, urgent ones weighing more.",
        start=tongue.day(asked.start),
        end=tongue.day(asked.end),
    )


def _choose(found: Grievances) -> list[Advice]:
    """Choose the counsels for the largest matters, those that are urgent weighing more; at most `MOST`."""
    playbook, fewest = found.view.playbook or usual_playbook(), max(1, found.view.fewest)
    matters: list[tuple[int, str]] = []
    for motive in found.taxonomy.ids("motives"):
        if not found.themes:
            break
        low, sizes = np.quantile(found.both(motive), 0.025, axis=1), _sizes(found, motive)
        matters += [
            (theme, motive)
            for theme, name in enumerate(found.themes)
            if playbook.counsel(name, motive) is not None and min(low[theme], sizes[theme]) >= fewest
        ]
    if not matters:
        return []
    messages, shares = np.stack([found.both(motive)[theme] for theme, motive in matters]), _urgent(found, matters)
    urgent = None if shares is None else messages * shares
    weights = np.median(messages if urgent is None else messages + (URGENT_WEIGHS - 1) * urgent, axis=1)
    chosen: list[Advice] = []
    per_theme: Counter[int] = Counter()
    for place in np.argsort(-weights, kind="stable").tolist():
        theme, motive = matters[place]
        if per_theme[theme] < MOST_OF_THEME and len(chosen) < MOST:
            per_theme[theme] += 1
            pressing = None if urgent is None else interval(urgent[place])
            chosen.append(_advice(found, playbook, theme, motive, pressing))
    return chosen


def _advice(found: Grievances, playbook: Playbook, theme: int, motive: str, urgent: Interval | None) -> Advice:
    tongue, id_ = found.tongue, found.themes[theme]
    counsel = playbook.counsel(id_, motive)
    assert counsel is not None
    text, lang = counsel.told(tongue.language)
    messages = interval(found.both(motive)[theme], float(_sizes(found, motive)[theme]))
    number = found.ranged(messages)
    told = tongue.say("Messages: {number}.", number=number)
    if urgent:
        told = tongue.say("Messages: {number}. Urgent: {urgent}.", number=number, urgent=found.ranged(urgent))
    return Advice(
        theme=id_,
        theme_name=tongue.label("themes", id_),
        motive=motive,
        motive_name=tongue.label("motives", motive),
        messages=messages,
        urgent=urgent,
        told=told,
        text=text,
        lang=lang,
        sources=[playbook.sources[each] for each in counsel.sources],
        link=found.link(theme=id_, motive=motive),
    )


def _sizes(found: Grievances, motive: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Count the tickets of each theme that have a motive, as labelled."""
    tickets = found.by_theme.ledger
    return of_mask(tickets.labels["motives"].of(motive), found.by_theme.codes, len(found.themes))


def _urgent(found: Grievances, matters: Sequence[tuple[int, str]]) -> Floats | None:
    """Draw which share of each theme's tickets with a motive is urgent (matters × S); None without urgency."""
    pressing = role("pressing", found.taxonomy)
    if pressing is None:
        return None
    tickets, codes = found.by_theme.ledger, found.by_theme.codes
    rows = [np.flatnonzero(tickets.labels["motives"].of(motive) & (codes == theme)) for theme, motive in matters]
    cells = np.repeat(np.arange(len(matters)), [len(each) for each in rows])
    counts = found.count(tickets[np.concatenate(rows)], pressing.group, cells, len(matters))
    return ratio(draws(counts, pressing.labels), counts.tickets[:, None].astype(np.float32))
