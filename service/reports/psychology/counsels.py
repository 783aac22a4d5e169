"""Which counsels of the playbook a view's own figures call for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from service.reports.counts.prevalence import interval
from service.reports.counts.spread import of_mask
from service.reports.figure import Interval
from service.reports.psychology.grievances import Grievances
from service.reports.psychology.playbook import Playbook, usual_playbook
from service.reports.roles import role

MOST: Final = 5
"""Counsels at once: who is told ten things does none."""

MOST_OF_THEME: Final = 2

PRESSING_WEIGHS: Final = 3.0
"""A message that a person must act on today counts for as many others."""


@dataclass(frozen=True)
class Advice:
    """A counsel with what calls for it: a theme, what people want there, and how many they are."""

    theme: str
    theme_name: str
    motive: str
    motive_name: str
    messages: Interval
    pressing: float | None
    """Share of them that press, as labelled; None where the taxonomy knows no urgency."""
    told: str
    """The size of the matter in a sentence."""
    text: str
    lang: str
    """What `text` is written in."""
    sources: Sequence[str]
    link: str


def advise(found: Grievances) -> list[Advice]:
    """Choose the counsels for the largest matters, those that press weighing more; at most `MOST`."""
    playbook, fewest = found.view.playbook or usual_playbook(), max(1, found.view.fewest)
    weighed: list[tuple[float, int, str]] = []
    for motive in found.taxonomy.ids("motives"):
        if not found.themes:
            break
        drawn, sizes = found.both(motive), _sizes(found, motive)
        low, mid = np.quantile(drawn, (0.025, 0.5), axis=1)
        pressing = _pressing(found, motive)
        for theme, name in enumerate(found.themes):
            if playbook.counsel(name, motive) is None or min(low[theme], sizes[theme]) < fewest:
                continue
            share = pressing[theme] if pressing is not None else 0.0
            weighed.append((float(mid[theme]) * (1 + (PRESSING_WEIGHS - 1) * share), theme, motive))
    chosen: list[Advice] = []
    per_theme: Counter[int] = Counter()
    for _, theme, motive in sorted(weighed, key=lambda each: (-each[0], each[1], each[2])):
        if per_theme[theme] < MOST_OF_THEME and len(chosen) < MOST:
            per_theme[theme] += 1
            chosen.append(_advice(found, playbook, theme, motive))
    return chosen


def _advice(found: Grievances, playbook: Playbook, theme: int, motive: str) -> Advice:
    tongue, id_ = found.tongue, found.themes[theme]
    counsel = playbook.counsel(id_, motive)
    assert counsel is not None
    text, lang = counsel.told(tongue.language)
    messages = interval(found.both(motive)[theme], float(_sizes(found, motive)[theme]))
    pressing = _pressing(found, motive)
    number = found.ranged(messages)
    told = tongue.say("Messages: {number}.", number=number)
    if pressing is not None:
        share = tongue.share(float(pressing[theme]))
        told = tongue.say("Messages: {number}; {share} of them are urgent.", number=number, share=share)
    return Advice(
        theme=id_,
        theme_name=tongue.label("themes", id_),
        motive=motive,
        motive_name=tongue.label("motives", motive),
        messages=messages,
        pressing=None if pressing is None else float(pressing[theme]),
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


def _pressing(found: Grievances, motive: str) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """Tell which share of each theme's tickets with a motive presses, as labelled."""
    pressing = role("pressing", found.taxonomy)
    if pressing is None:
        return None
    tickets = found.by_theme.ledger
    both = tickets.labels["motives"].of(motive) & pressing.rows(tickets)
    return of_mask(both, found.by_theme.codes, len(found.themes)) / np.maximum(_sizes(found, motive), 1)
