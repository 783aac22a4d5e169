"""Alarms of one theme that follow each other, told as one: four lines on one matter would hide all others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.reports.alarms.notices import place_of, told, told_known, told_where
from service.reports.alarms.rising import EVERYWHERE, Rise
from service.reports.ledger import date_of
from service.reports.tongue import Tongue

Episode = Sequence[Rise]
"""Alarms of a theme, each less than `rising.QUIET` days after the one before; the oldest first."""


def episodes(alarms: Iterable[Rise]) -> list[Episode]:
    """Put together the alarms that follow each other; that with the newest alarm comes first."""
    found: list[list[Rise]] = []
    of_theme: dict[str, list[Rise]] = {}
    for alarm in sorted(alarms, key=lambda rise: rise.day):
        if not alarm.further or alarm.theme not in of_theme:
            of_theme[alarm.theme] = []
            found.append(of_theme[alarm.theme])
        of_theme[alarm.theme].append(alarm)
    return sorted(found, key=lambda episode: -episode[-1].day)


def told_episode(episode: Episode, tongue: Tongue) -> str:
    """Tell of the alarm with the most messages too many, one of all places if there is any, and name them all."""
    largest = max(episode, key=lambda rise: (rise.place == EVERYWHERE, rise.count - rise.expected))
    if len(episode) == 1:
        return " ".join([told(largest, tongue), *told_known(largest, tongue), *told_where(largest, tongue)])
    days = [f"{tongue.day(date_of(rise.day))}{place_of(rise, tongue)}" for rise in episode]
    every = tongue.say("{n} alarms in all: {days}.", n=tongue.number(len(episode)), days="; ".join(days))
    return " ".join([told(largest, tongue), *told_where(largest, tongue), every])
