"""Which themes rise, day by day: a few alarms that can be relied on, and earlier signs that cannot.

Every day the last 1 to 14 days of every theme are held against what was to be expected (`baseline.py`), in all places
together and in each. An alarm must be so rare that chance makes fewer than one a month over all series together; how
that is shared out is in `surprise.share_out`. Where fifteen themes have 20 messages a week each, no method that keeps
to that finds more than 82 of 100 doublings within five days, and `benchmarks/rising.py` says how many this one does.
So there is a second level: a sign is what such a doubling looks like after five days in nine cases of ten. Chance alone
makes a theme of that size look so on about one day in five. Signs are shown, never sent.

After an alarm its theme is quiet over all places together and wherever it rose as well. Later alarms need a rise beyond
the one that was told, and in the quiet time twice as many messages as that. Other places may still alarm, but few of
them: a rise that goes from place to place is told three times, and then only where all places together rise further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from service.reports.alarms.baseline import WINDOWS, Baseline, seasons
from service.reports.alarms.daily import ALL, Daily, Place
from service.reports.alarms.surprise import Numbers, share_out, surprise, tail
from service.reports.ledger import Bools, date_of

Level = Literal["alarm", "sign"]

EVERYWHERE: Final = Place()

A_DAY: Final = 0.8 / 30
"""Alarms by chance that are allowed, over all series: fewer than one a month, as forecasts err in more than numbers."""

ALL_PLACES: Final = 0.75
"""The part of them for themes over all places; the rest is for single places."""

TESTS: Final = 2.0
"""At most so many times more often than one window does chance reach a score in some window, and not within a series'
own quiet time; simulated, at scores of 2.5 to 3.5, it was 0.9 to 1.7 times."""

WARM_UP: Final = 56
QUIET: Final = 28
"""Days after an alarm without another about the same theme where it rose, unless it rises further."""
FURTHER: Final = 2.0
"""It does where so many times more messages come than after the rise that was told."""
SPREADING: Final = 2
"""Alarms that may follow one before single places are quiet as well."""
APART: Final = 5
"""Days without a sign after which the next one is a new one."""

LOOKED_BACK: Final = 280
"""Days before the first that is asked for; what was earlier weighs next to nothing, but for the season."""

FEWEST: Final = 8
"""Messages in a window that an alarm needs."""
RATIO: Final = 1.3
"""Smaller rises are left to the pages, however sure they are."""
HIGHEST: Final = 4.5
"""A score that is always enough: chance reaches it once in 800 years of one series."""
MOST_NAMED: Final = 3
"""Places that an alarm names."""

_FIVE: Final = WINDOWS.index(5)
_SAFELY: Final = 1.9
_FEWEST_THERE: Final = 5
"""Messages of a place that is named beside the theme."""
_TOO_FEW: Final = 5.0
"""Messages to be expected in five days below which a series must reach the highest score."""
_LOWEST_SIGN: Final = 1.0
_RUSH: Final = 2.5
"""Score from which all other messages of a place are taken to have risen: then a theme must rise beyond them."""
_FADING: Final = 0.5 ** (1 / 35)
_SLACK: Final = 3.0
"""Messages that the last two weeks may lack of a rise that was told; where they lack more, it is over."""
_LENT: Final = 2.0
"""Messages of all places that stand beside a place's own, where it is said by how much a theme rose there."""


@dataclass(frozen=True, slots=True)
class Rise:
    """A theme that rose; `ALL` is all messages together."""

    theme: str
    level: Level
    day: int
    """The day (`Ledger.days`) after which it was noticed."""
    days: int
    """It shows most clearly in the sum of so many last days."""
    count: int
    """Of `place`."""
    expected: float
    """Of `place` too, by its own past alone: always fewer than came."""
    chance: float
    """How often chance alone brings this in one window of one series."""
    where: tuple[tuple[Place, int, float], ...] = ()
    """Places where it rises, with count and expected count; none where it rises everywhere alike."""
    place: Place = EVERYWHERE
    """Where it rises; all messages, if it is not in single places alone. It is then the first of `where`."""
    further: int = 0
    """How many alarms of the theme came before this one, each less than `QUIET` days before the next."""
    known: float = 0.0
    """Expected of `place`, had the rise that earlier alarms told of gone on as it was; 0 where they told of none."""

    @property
    def id(self) -> str:
        """Names it for as long as the tickets do not change."""
        return f"{self.level}-{self.theme or 'all'}-{date_of(self.day).isoformat()}"


@dataclass(frozen=True, eq=False)
class Day:
    """What a day shows (..., places, themes): the highest score and its window, and the scores that were asked for."""

    score: Numbers
    window: Numbers
    asked: Numbers
    asked_sign: Numbers
    seen: Numbers
    plain: Numbers
    """By window: what its own past lets expect."""
    expected: Numbers
    """By window: what is scored, with what earlier alarms told of and the flood of other messages."""
    known: Numbers
    """By window: with what earlier alarms told of alone."""
    told: Bools
    """Where an alarm is given."""
    alarm: Bools
    """It and what follows are (..., themes)."""
    sign: Bools
    """Shows a sign today, and gives no alarm."""
    begins: Bools
    """Shows one that was not there on the days before."""
    further: npt.NDArray[np.int64]
    """Which alarm it is of those that follow each other; 0: the first."""


class Watch:
    """Watches series (..., places, themes) day by day; what stands before the last two axes is kept apart."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._baseline = Baseline(shape)
        themes = (*shape[:-2], shape[-1])
        self._quiet = np.zeros(shape)
        self._further = np.zeros(themes, np.int64)
        self._signed = np.zeros(themes)
        self._told = np.ones(shape)
        """The rises that were told, as ratios; they fade as the baseline learns of them."""

    def step(self, counts: Numbers, weekday: int, season: npt.NDArray[np.floating]) -> Day | None:
        """Take one more day; None while there are too few to compare with."""
        seen, plain, spread = self._baseline.step(counts, weekday, season)
        self._told = 1.0 + (self._told - 1.0) * _FADING
        lately = np.maximum((seen[-1] + _SLACK) / np.maximum(plain[-1], 0.1), 1.0)
        settled = self._quiet <= QUIET - WINDOWS[-1]  # before, the last two weeks are not all of the rise
        self._told = np.where(settled, np.minimum(self._told, lately), self._told)
        self._quiet -= 1
        self._signed -= 1
        if self._baseline.days <= WARM_UP:
            return None
        ratio, without_first = _rush(seen, plain, spread)
        known = plain * self._told
        expected = known * ratio
        scores = surprise(seen, expected, spread)
        scores[..., 0] = np.minimum(scores[..., 0], without_first)
        scores = np.where((seen >= FEWEST) & (seen >= RATIO * expected), scores, -9.0)
        needed = _needed(expected[_FIVE], spread[_FIVE])
        asked = _asked(needed)
        asked_sign = np.minimum(np.clip(needed[..., 0, :], _LOWEST_SIGN, HIGHEST), asked[..., 0, :])
        quiet = self._quiet > 0
        loud = np.where(~quiet | (seen >= FURTHER * expected), scores, -9.0)
        told = loud.max(axis=0) >= asked
        told[..., 1:, :] &= ~(quiet.any(axis=-2) & (self._further >= SPREADING))[..., None, :]
        window = np.where(told, loud.argmax(axis=0), scores.argmax(axis=0))
        score = np.where(told, loud.max(axis=0), scores.max(axis=0))
        alarm = told.any(axis=-2)
        sign = (score[..., 0, :] >= asked_sign) & ~alarm
        begins = sign & (self._signed <= 0)
        self._signed[alarm | sign] = APART
        self._further = np.where(alarm, np.where(quiet.any(axis=-2), self._further + 1, 0), self._further)
        rose = _rose(seen, plain, np.where(told, window, window[..., :1, :]))
        heard = alarm[..., None, :] & (told | (rose >= RATIO))
        heard[..., 0, :] = alarm
        before = self._told.copy()
        before[..., 0, :][alarm & ~told[..., 0, :]] = 1.0  # of all places nothing was told: they rose as now
        self._told = np.where(heard, np.maximum(rose, before), self._told)
        self._quiet[heard] = QUIET
        return Day(
            score, window, asked, asked_sign, seen, plain, expected, known, told, alarm, sign, begins, self._further
        )


def find_rises(daily: Daily, days: int) -> list[Rise]:
    """Find what rose in the last so many days, the newest first."""
    found: list[Rise] = []
    watch = Watch(daily.counts.shape[1:])
    season = seasons(daily.counts)
    for number in range(max(0, len(daily.counts) - days - LOOKED_BACK), len(daily.counts)):
        day = daily.first + number
        state = watch.step(daily.counts[number].astype(np.float64), (day + 3) % 7, season[number])
        if state is None or day <= daily.last - days:
            continue
        for theme in np.flatnonzero(state.alarm | state.begins):
            found.append(_rise(daily, state, int(theme), day))
    return sorted(found, key=lambda rise: (-rise.day, rise.level, rise.chance))


def _rise(daily: Daily, state: Day, theme: int, day: int) -> Rise:
    level: Level = "alarm" if state.alarm[theme] else "sign"
    told = np.flatnonzero(state.told[:, theme]).tolist() or [0]
    told.sort(key=lambda place: float(state.asked[place, theme] - state.score[place, theme]))
    place = 0 if 0 in told else told[0]
    window = int(state.window[place, theme])
    seen, expected = state.seen[window, :, theme], state.expected[window, :, theme]
    named = [each for each in told if seen[each] >= RATIO * expected[each]] if place else _named(seen, expected)
    plain, known = state.plain[window, :, theme], float(state.known[window, place, theme])
    return Rise(
        theme=daily.themes[theme],
        level=level,
        day=day,
        days=WINDOWS[window],
        count=int(seen[place]),
        expected=float(plain[place]),
        chance=float(tail(state.score[place, theme])),
        where=tuple((daily.places[each], int(seen[each]), float(plain[each])) for each in named[:MOST_NAMED]),
        place=daily.places[place],
        further=int(state.further[theme]) if level == "alarm" else 0,
        known=known if known >= RATIO * plain[place] else 0.0,
    )


def _named(seen: Numbers, expected: Numbers) -> list[int]:
    """Name places whose count rose beyond the rise of the others, most messages too many first."""
    named = []
    for place in range(1, len(seen)):
        others = max(expected[0] - expected[place], 0.5), max(seen[0] - seen[place], 0.5)
        alike = expected[place] * max(1.0, others[1] / others[0])
        if seen[place] >= _FEWEST_THERE and float(surprise(seen[place], alike, 1.0 / others[1])) >= 2.33:
            named.append(place)
    return sorted(named, key=lambda place: float(expected[place] - seen[place]))


def _rush(seen: Numbers, expected: Numbers, spread: Numbers) -> tuple[Numbers, Numbers]:
    """Say how far the other messages of each place rose; 1: not for sure. So a flood is one alarm and not many.

    Scores all messages of a place as well, without the theme that rose most: one theme makes no flood.
    """
    others = np.maximum(seen[..., :1] - seen, 0.0)
    usual = np.maximum(expected[..., :1] - expected, 0.5)
    scores = surprise(others, usual, spread[..., :1])
    rose = (scores >= _RUSH) & (others >= FEWEST)
    ratio = np.where(rose, np.maximum(others / usual, 1.0), 1.0)
    ratio[..., 0] = 1.0
    if seen.shape[-1] == 1:
        return ratio, np.full(seen.shape[:-1], np.inf)
    most = 1 + (seen - expected)[..., 1:].argmax(axis=-1)
    return ratio, np.take_along_axis(scores, most[..., None], axis=-1)[..., 0]


def _rose(seen: Numbers, expected: Numbers, window: npt.NDArray[np.integer]) -> Numbers:
    """Say by how much themes rose in each place, in its window.

    What few messages of a place say is drawn towards all places: one by chance should not hide what rises there later.
    """
    everywhere = np.broadcast_to(seen[..., :1, :] / np.maximum(expected[..., :1, :], 0.1), seen.shape)
    now, usual, ratio = (np.take_along_axis(each, window[None], axis=0)[0] for each in (seen, expected, everywhere))
    return np.asarray(np.clip((now + _LENT * ratio) / (usual + _LENT), 1.0, 20.0), np.float64)


def _needed(expected: Numbers, spread: Numbers) -> Numbers:
    """Score the count that a doubling exceeds in five days in nine cases of ten."""
    twice = 2.0 * expected
    lowest = np.floor(twice - _SAFELY * np.sqrt(twice + spread * twice**2))
    score = surprise(np.maximum(lowest, 1.0), expected, spread)
    return np.where(expected < _TOO_FEW, HIGHEST, score)


def _asked(needed: Numbers) -> Numbers:
    """Share out what chance is allowed: over all places, and in single ones."""
    asked = np.empty_like(needed)
    asked[..., 0, :] = share_out(needed[..., 0, :], A_DAY * ALL_PLACES / TESTS, highest=HIGHEST)
    single = needed[..., 1:, :]
    if single.shape[-2]:
        flat = single.reshape(*single.shape[:-2], -1)
        asked[..., 1:, :] = share_out(flat, A_DAY * (1 - ALL_PLACES) / TESTS, highest=HIGHEST).reshape(single.shape)
    return asked


__all__ = ["ALL", "Day", "Level", "Rise", "Watch", "find_rises"]
